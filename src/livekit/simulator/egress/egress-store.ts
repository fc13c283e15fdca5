import type { Egress } from './egress.js';
import { isOver } from './egress.js';
import type { EgressRun } from './egress-run.js';

/** Everything LiveKit's store knows about egresses, indexed by id and by room. */
export interface EgressStore {
  add(run: EgressRun): void;
  get(egressId: string): EgressRun | undefined;
  ofRoom(roomName: string): Iterable<EgressRun>;
  all(): Iterable<EgressRun>;
  /** Those whose stored status is not final. */
  active(): Iterable<EgressRun>;
  /** Bring the index of active ones up to date after a change. */
  touch(run: EgressRun): void;
}

export function createEgressStore(): EgressStore {
  const byId = new Map<string, EgressRun>();
  const byRoom = new Map<string, Set<EgressRun>>();
  const active = new Set<EgressRun>();

  return {
    add: (run) => {
      byId.set(run.egress.id, run);
      const siblings = byRoom.get(run.egress.info.roomName);
      if (siblings) siblings.add(run);
      else byRoom.set(run.egress.info.roomName, new Set([run]));
      active.add(run);
    },
    get: (egressId) => byId.get(egressId),
    ofRoom: (roomName) => byRoom.get(roomName) ?? [],
    all: () => byId.values(),
    active: () => active,
    touch: (run) => {
      if (isStoredAsOver(run.egress)) active.delete(run);
      else active.add(run);
    },
  };
}

function isStoredAsOver(egress: Egress): boolean {
  return isOver(egress.storedStatus);
}
