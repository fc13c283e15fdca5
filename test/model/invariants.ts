import type { Model } from './actions.js';
import { ACTIVE, ALIVE, COMPLETE, FILE, has, isRunning, LISTED, statusOf, STOP_PENDING, UNINDEXED } from './livekit.js';
import type { World } from './world.js';

/** Checks the invariants that hold in every world. @returns the broken invariant, or undefined */
export function brokenIn(model: Model, world: World): string | undefined {
  const recordings = world.sides.map((side) => ({ side, at: model.known(side) }));
  if (recordings.filter(({ at }) => at?.live === true).length > 1) return 'I1 at most one live recording in a room';
  const records = recordings.filter(({ side }) => statusOf(side.egress) === ACTIVE && has(side.egress, ALIVE));
  // Two kinds of egress do not count: one that an emptied LiveKit has forgotten, and one that a paused instance started late.
  const counted = records.filter(({ side }) => !side.late && !has(side.egress, UNINDEXED));
  if (counted.length > 1) return 'I1 at most one egress records a room';
  for (const { side, at } of recordings) {
    if (side.calls > 1) return 'I1 StartEgress is called at most once per recording';
    if (at === undefined && (side.calling || side.egress !== 0)) return 'I3 no egress is started before its recording is stored';
    if (at?.settled !== true) continue;
    const forgiven = side.late || has(side.egress, STOP_PENDING) || has(side.egress, UNINDEXED);
    if (isRunning(side.egress) && !forgiven) return `I7 a settled recording records nothing (${at.state})`;
  }
  return undefined;
}

/** Checks the invariants of a world at rest, in which nothing is in progress and no fault happens any more. */
export function brokenAtRest(model: Model, world: World): string | undefined {
  for (const side of world.sides) {
    const at = model.known(side);
    const runs = has(side.egress, ALIVE) && statusOf(side.egress) === ACTIVE;
    if (at?.unsettled === true && !(at.state === 'active' && runs))
      return `I4 every recording leaves starting and stopping (${at.state})`;
    const owned = at?.unsettled === true || has(side.egress, UNINDEXED);
    if (isRunning(side.egress) && !owned) return 'I3 every egress is owned by a recording or stopped';
    if (side.calling) return 'the model left a call unanswered';
  }
  return undefined;
}

/** Checks the invariants of a world at rest after every recording was stopped and all participants have left. */
export function brokenAtTheEnd(model: Model, world: World): string | undefined {
  if (world.lock !== 0) return 'I1 no lock is left behind';
  for (const side of world.sides) {
    const at = model.known(side);
    if (at === undefined) continue;
    const { document, state } = at;
    if (at.unsettled) return `I4 every recording settles (${state})`;
    if (isRunning(side.egress)) return 'I3 nothing records any more';
    if (document.deleteWhenSettled === true && !at.deleted) return 'I8 an acknowledged deletion happens';
    const gone = at.deleted || document.startFailed === true;
    const hasFile = has(side.egress, FILE);
    if (gone && hasFile) return `I6 the file of a deleted recording or a failed start is removed (${state})`;
    if (!gone && hasFile && state !== 'complete') return `I6 a complete file is a recording that plays (${state})`;
    if (!gone && statusOf(side.egress) === COMPLETE && state !== 'complete') return `I5 the outcome is the egress's (${state})`;
    if (!gone && statusOf(side.egress) !== COMPLETE && state === 'complete') return `I5 the outcome is the egress's (${state})`;
    if (has(side.egress, LISTED) && !gone && state === 'complete' && document.media === 'missing')
      return 'I6 a file that is there is found';
  }
  return undefined;
}
