import { docs, milliseconds, type Values } from './values.js';

/** Leaves time for starts under way: Tally must have ended 10 s after the signal. */
const MAX_DRAIN_MS = 5_000;

export const timerVariables = {
  TALLY_START_TIMEOUT_MS: timer(30_000, 'How long Tally waits for a new egress to record before it undoes the start.'),
  TALLY_STOP_TIMEOUT_MS: timer(60_000, 'How long Tally waits for a stopped egress to end before it asks LiveKit again.'),
  TALLY_UPLOAD_BUDGET_MS: timer(600_000, 'How long an ended egress may take to deliver its file.'),
  TALLY_RECONCILE_INTERVAL_MS: timer(10_000, 'How often Tally compares its recordings with LiveKit.'),
  TALLY_SUSPECT_RECHECK_MS: timer(2_000, 'How soon Tally checks a recording again whose egress looks dead.'),
  TALLY_RECORDER_GONE_MS: timer(
    20_000,
    'How long the recorder must be absent from the room before Tally counts its egress as dead.',
  ),
  TALLY_DUE_INTERVAL_MS: timer(1_000, 'How often Tally looks for due deadlines and effects.'),
  TALLY_DRAIN_MS: milliseconds(0, MAX_DRAIN_MS).default(1_000).register(docs, {
    description:
      'How long Tally goes on serving after SIGTERM, while `/readyz` says that it stops: balancers must notice it within this time. At most 5 s.',
    unit: 'ms',
  }),
  TALLY_LOCK_TTL_MS: timer(21_600_000, 'Life of a room lock; a deployment that died blocks its rooms for at most this long.'),
  TALLY_LOCK_KEEPER_INTERVAL_MS: timer(
    30_000,
    'How often Tally renews the locks of rooms that record, and takes lost ones again.',
  ),
  TALLY_LOCK_GC_INTERVAL_MS: timer(1_800_000, 'How often Tally frees room locks that no recording needs.'),
  TALLY_LOCK_GRACE_MS: timer(60_000, 'Age that such a lock must have; a younger lock may belong to a start in progress.', 0),
  TALLY_STALE_INTERVAL_MS: timer(900_000, 'How often Tally looks for stale recordings: old ones whose room is empty.'),
  TALLY_STALE_AFTER_MS: timer(300_000, 'Age from which Tally stops a recording whose room is empty.', 0),
  TALLY_ROOM_EXPIRY_INTERVAL_MS: timer(3_600_000, 'How often Tally deletes rooms whose deletion date has passed.'),
  TALLY_MIN_AUTO_DELETION_LEAD_MS: timer(3_600_000, 'How far in the future the deletion date of a new room must be.', 0),
};

export type Timers = ReturnType<typeof toTimers>;

export function toTimers(values: Values<typeof timerVariables>) {
  return {
    startTimeoutMs: values.TALLY_START_TIMEOUT_MS,
    stopTimeoutMs: values.TALLY_STOP_TIMEOUT_MS,
    uploadBudgetMs: values.TALLY_UPLOAD_BUDGET_MS,
    reconcileIntervalMs: values.TALLY_RECONCILE_INTERVAL_MS,
    suspectRecheckMs: values.TALLY_SUSPECT_RECHECK_MS,
    recorderGoneMs: values.TALLY_RECORDER_GONE_MS,
    dueIntervalMs: values.TALLY_DUE_INTERVAL_MS,
    drainMs: values.TALLY_DRAIN_MS,
    lockTtlMs: values.TALLY_LOCK_TTL_MS,
    lockKeeperIntervalMs: values.TALLY_LOCK_KEEPER_INTERVAL_MS,
    lockGcIntervalMs: values.TALLY_LOCK_GC_INTERVAL_MS,
    lockGraceMs: values.TALLY_LOCK_GRACE_MS,
    staleIntervalMs: values.TALLY_STALE_INTERVAL_MS,
    staleAfterMs: values.TALLY_STALE_AFTER_MS,
    roomExpiryIntervalMs: values.TALLY_ROOM_EXPIRY_INTERVAL_MS,
    minAutoDeletionLeadMs: values.TALLY_MIN_AUTO_DELETION_LEAD_MS,
  };
}

function timer(defaultMs: number, description: string, minMs?: number) {
  return milliseconds(minMs).default(defaultMs).register(docs, { description, unit: 'ms' });
}
