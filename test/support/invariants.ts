import type { RecordingView } from '../../src/http/recordings/recording.presenter.js';
import type { EgressTruth } from '../../src/simulator/index.js';
import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import type { RoomLocks } from '../../src/machines/ports/room-locks.js';
import { isLive } from '../../src/machines/recording/recording.js';

// Each function checks one invariant against the simulator's knowledge, and returns a description of each violation.

const OPEN_STATUSES = ['starting', 'active', 'ending'];
const UID_IN_PATH = /--([0-9a-f]{10})\.mp4$/;

/** Whether the egress captures media or may still begin to. */
export function isRunning({ states, liveTo }: EgressTruth): boolean {
  const last = states.at(-1)?.status ?? '';
  return liveTo === undefined && (last === 'EGRESS_STARTING' || last === 'EGRESS_ACTIVE');
}

export function isOurs({ filepath }: EgressTruth): boolean {
  return UID_IN_PATH.test(filepath);
}

function uidOf({ filepath }: EgressTruth): string {
  return UID_IN_PATH.exec(filepath)?.[1] ?? '';
}

/** I1: two egresses of ours never capture media in one room at the same time. */
export function i1TwoLive(egresses: readonly EgressTruth[]): string[] {
  const captures = egresses
    .filter((egress) => isOurs(egress) && egress.liveFrom !== undefined)
    .map(({ egressId, roomName, liveFrom = 0, liveTo = Infinity }) => ({ egressId, roomName, liveFrom, liveTo }))
    .sort((a, b) => a.liveFrom - b.liveFrom);
  const newest = new Map<string, (typeof captures)[number]>();
  const violations: string[] = [];
  for (const capture of captures) {
    const before = newest.get(capture.roomName);
    if (before !== undefined && capture.liveFrom < before.liveTo) {
      violations.push(`${capture.roomName}: ${before.egressId} and ${capture.egressId} at ${capture.liveFrom}`);
    }
    if (before === undefined || capture.liveTo > before.liveTo) newest.set(capture.roomName, capture);
  }
  return violations;
}

/** I3: every running egress of ours belongs to a recording that has not settled. */
export function i3Unowned(egresses: readonly EgressTruth[], recordings: readonly RecordingView[]): string[] {
  const open = new Set(
    recordings.filter(({ status }) => OPEN_STATUSES.includes(status)).map(({ recordingId }) => recordingId.split('--').at(-1)),
  );
  return egresses
    .filter((egress) => isOurs(egress) && isRunning(egress) && !open.has(uidOf(egress)))
    .map(({ egressId, roomName }) => `${egressId} in ${roomName}`);
}

/** Lists the egresses of ours that still run; at the end of a scenario there must be none. */
export function leftRunning(egresses: readonly EgressTruth[]): string[] {
  return egresses
    .filter((egress) => isOurs(egress) && isRunning(egress))
    .map(({ egressId, roomName }) => `${egressId} in ${roomName}`);
}

/** I2: the statuses of one recording, in the order in which they were seen, only move forward. */
export function i2Backwards(statuses: readonly string[]): string[] {
  const rankOf = (status: string) => (OPEN_STATUSES.includes(status) ? OPEN_STATUSES.indexOf(status) : OPEN_STATUSES.length);
  return statuses.slice(1).flatMap((status, index) => {
    const before = statuses[index] ?? '';
    const isRescue = ['failed', 'aborted'].includes(before) && status === 'complete';
    const changesOutcome = rankOf(before) === OPEN_STATUSES.length && status !== before && !isRescue;
    return rankOf(status) < rankOf(before) || changesOutcome ? [`${before} → ${status}`] : [];
  });
}

/** Lists the room locks without a live recording and without a pending effect that releases them. */
export async function orphanedLocks(stores: { recordings: RecordingStore; roomLocks: RoomLocks }): Promise<string[]> {
  const orphans: string[] = [];
  for (const { roomId, uid } of await stores.roomLocks.list()) {
    const recording = await stores.recordings.load(uid);
    const isOwed = recording?.tally.effects.some(({ name }) => name === 'releaseRoomLock') ?? false;
    if (!isOwed && (recording === undefined || !isLive(recording))) orphans.push(`${roomId} of ${uid}`);
  }
  return orphans;
}
