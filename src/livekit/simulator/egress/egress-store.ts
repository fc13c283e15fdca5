import { isOver, type EgressTruth } from './egress.js';
import type { EgressRun } from './egress-run.js';

/** Everything LiveKit's store knows about egresses, indexed by id and by room; and of those it has forgotten, the truth. */
export interface EgressStore {
  add(run: EgressRun): void;
  get(egressId: string): EgressRun | undefined;
  ofRoom(roomName: string): Iterable<EgressRun>;
  all(): Iterable<EgressRun>;
  /** What happened to every egress ever accepted, oldest first. */
  truths(): readonly EgressTruth[];
  /** Those whose stored status is not final. */
  active(): Iterable<EgressRun>;
  /** Bring the index of active ones up to date after a change. */
  touch(run: EgressRun): void;
  /** Forget those that are over, oldest first, up to the first that is not due. */
  forget(isDue: (run: EgressRun) => boolean): void;
}

export function createEgressStore(): EgressStore {
  const byId = new Map<string, EgressRun>();
  const byRoom = new Map<string, Set<EgressRun>>();
  const active = new Set<EgressRun>();
  const over = new Set<EgressRun>();
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
