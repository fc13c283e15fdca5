import { milliseconds } from './values.js';
import { docs, type Values } from './variable.js';

export const timerVariables = {
  TALLY_START_TIMEOUT_MS: timer(30_000, 'How long a start waits for the egress to record before it is undone.'),
  TALLY_STOP_TIMEOUT_MS: timer(60_000, 'How long a stop waits for the egress to end before it is asked again.'),
  TALLY_UPLOAD_BUDGET_MS: timer(600_000, 'How long an ended egress may take to deliver its file.'),
  TALLY_RECONCILE_INTERVAL_MS: timer(10_000, 'How often recordings are compared with LiveKit.'),
  TALLY_SUSPECT_RECHECK_MS: timer(2_000, 'When a recording that looks dead is looked at again.'),
  TALLY_RECORDER_GONE_MS: timer(20_000, 'How long a recorder must have been out of the room to count as dead.'),
  TALLY_DUE_INTERVAL_MS: timer(1_000, 'How often due deadlines and effects are looked for.'),
  TALLY_LOCK_TTL_MS: timer(21_600_000, 'Life of a room lock: how long a dead deployment blocks a room.'),
  TALLY_LOCK_KEEPER_INTERVAL_MS: timer(
    30_000,
    'How often the locks of rooms that record are renewed, or taken again when they are lost.',
  ),
  TALLY_LOCK_GC_INTERVAL_MS: timer(1_800_000, 'How often room locks that no recording needs are freed.'),
  TALLY_LOCK_GRACE_MS: timer(60_000, 'How old such a lock must be: a younger one may belong to a start that is on its way.', 0),
  TALLY_STALE_INTERVAL_MS: timer(900_000, 'How often recordings that nobody needs any more are looked for.'),
  TALLY_STALE_AFTER_MS: timer(300_000, 'How old a recording must be to be stopped when nobody is left in its room.', 0),
  TALLY_ROOM_EXPIRY_INTERVAL_MS: timer(3_600_000, 'How often rooms whose deletion date has passed are deleted.'),
  TALLY_MIN_AUTO_DELETION_LEAD_MS: timer(3_600_000, 'How far ahead the deletion date of a new room must lie.', 0),
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
