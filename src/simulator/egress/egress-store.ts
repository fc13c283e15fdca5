import { isOver, type Egress, type EgressTruth } from './egress.js';

/** The part of an egress run that the store needs. */
interface Runner {
  readonly egress: Egress;
}

/** LiveKit's store of egresses, indexed by id and by room. The true course of an egress stays here after the store dropped it. */
export interface EgressStore<Run extends Runner = Runner> {
  add(run: Run): void;
  get(egressId: string): Run | undefined;
  ofRoom(roomName: string): Iterable<Run>;
  all(): Iterable<Run>;
  /** The true course of every egress that was ever accepted, oldest first. */
  truths(): readonly EgressTruth[];
  /** The egresses whose stored status is not final. */
  active(): Iterable<Run>;
  /** Update the index of active egresses after a change. */
  touch(run: Run): void;
  /** Drop ended egresses, oldest first, up to the first for which `isDue` is false. */
  forget(isDue: (run: Run) => boolean): void;
}

export function createEgressStore<Run extends Runner>(): EgressStore<Run> {
  const byId = new Map<string, Run>();
  const byRoom = new Map<string, Set<Run>>();
  const active = new Set<Run>();
  const over = new Set<Run>();
  const truths: EgressTruth[] = [];

  return {
    add: (run) => {
      truths.push(run.egress.truth);
      byId.set(run.egress.id, run);
      const siblings = byRoom.get(run.egress.info.roomName);
      if (siblings) siblings.add(run);
      else byRoom.set(run.egress.info.roomName, new Set([run]));
      active.add(run);
    },
    get: (egressId) => byId.get(egressId),
    ofRoom: (roomName) => byRoom.get(roomName) ?? [],
    all: () => byId.values(),
    truths: () => truths,
    active: () => active,
    touch: (run) => {
      const [from, to] = isOver(run.egress.storedStatus) ? [active, over] : [over, active];
      from.delete(run);
      to.add(run);
    },
    forget: (isDue) => {
      for (const run of over) {
        if (!isDue(run)) return;
        over.delete(run);
        byId.delete(run.egress.id);
        const siblings = byRoom.get(run.egress.info.roomName);
        siblings?.delete(run);
        if (siblings?.size === 0) byRoom.delete(run.egress.info.roomName);
      }
    },
  };
}
