import type { Log } from '../logging.js';
import type { StopOutcome } from '../machines/ports/egress-gateway.js';
import type { LiveKitEvent } from '../machines/reconcile/livekit-events.js';
import type { RoomDeletion } from '../machines/room/machine/deletion.js';
import { metrics } from './metrics.js';

/**
 * Business events, one function each: a log line with a fixed sentence, and a counter. The line carries the ids; the counter's
 * labels take few values.
 */

const recordingsStarted = metrics.counter('tally_recordings_started_total', 'Starts of recordings that were accepted');
const recordingsStopped = metrics.counter('tally_recordings_stopped_total', 'Stops of recordings that clients asked for');
const recordingsDeleted = metrics.counter('tally_recordings_deleted_total', 'Recordings that clients deleted');

/** The record of a start is stored; the call to LiveKit follows. */
export function recordingStarted(log: Log, fields: { recording: string; room: string }): void {
  log.info(fields, 'recording start accepted');
  recordingsStarted.add({});
}

/** A client's stop of an active recording is stored; the call to LiveKit follows. */
export function recordingStopped(log: Log, fields: { recording: string; room: string }): void {
  log.info(fields, 'recording stop accepted');
  recordingsStopped.add({});
}

/** A client deleted a recording; the removal of its file follows. */
export function recordingDeleted(log: Log, fields: { recording: string; room: string }): void {
  log.info(fields, 'recording deleted');
  recordingsDeleted.add({});
}

const roomsCreated = metrics.counter('tally_rooms_created_total', 'Rooms that clients created');
const roomsDeleted = metrics.counter('tally_rooms_deleted_total', 'Deletions of rooms that were accepted, by outcome', [
  'outcome',
]);
const roomsExpired = metrics.counter('tally_rooms_expired_total', 'Rooms past their deletion date, by outcome', ['outcome']);

export function roomCreated(log: Log, fields: { room: string }): void {
  log.info(fields, 'room created');
  roomsCreated.add({});
}

/** A room is deleted or closed, now or when its meeting ends, as `deletion` says. */
export function roomDeleted(log: Log, fields: { room: string; deletion: RoomDeletion }): void {
  log.info(fields, 'room deletion accepted');
  roomsDeleted.add({ outcome: fields.deletion });
}

/** A room's deletion date has passed, and its own policy allowed what `deletion` says. */
export function expiredRoomDeleted(log: Log, fields: { room: string; deletion: RoomDeletion }): void {
  log.info(fields, 'expired room deleted');
  roomsExpired.add({ outcome: fields.deletion });
}

const webhooks = metrics.counter('tally_webhooks_total', 'Webhooks from LiveKit, by outcome', ['outcome']);

/** What the webhook brought is stored, or changed nothing. */
export function webhookHandled(log: Log, fields: { requestId: string; kind: LiveKitEvent['kind'] }): void {
  log.debug(fields, 'webhook handled');
  webhooks.add({ outcome: 'handled' });
}

/** The request is no webhook by its content type. */
export function webhookIgnored(log: Log, fields: { requestId: string }): void {
  log.debug(fields, 'webhook ignored');
  webhooks.add({ outcome: 'ignored' });
}

/** LiveKit did not sign the webhook. */
export function webhookRejected(log: Log, fields: { requestId: string; reason: string }): void {
  log.warn(fields, 'webhook rejected');
  webhooks.add({ outcome: 'rejected' });
}

/** A store could not be reached: LiveKit sends the webhook again. */
export function webhookPostponed(log: Log, fields: { requestId: string; err: Error }): void {
  log.debug(fields, 'webhook postponed');
  webhooks.add({ outcome: 'postponed' });
}

/** The webhook met a fault of ours, which no repetition would mend. */
export function webhookFailed(log: Log, fields: { requestId: string; err: Error }): void {
  log.error(fields, 'webhook failed');
  webhooks.add({ outcome: 'failed' });
}

const strays = metrics.counter('tally_strays_total', 'Running egresses of ours without a recording, by what was done', ['done']);
const voidLooks = metrics.counter('tally_void_looks_total', 'Lists of LiveKit that were thrown away, by list', ['list']);

/** A running egress of ours that no recording owns was asked to stop. */
export function strayStopped(
  log: Log,
  fields: { egressId: string; room: string; recording: string | undefined; outcome: StopOutcome['kind'] },
): void {
  log.warn(fields, 'stray egress stopped');
  strays.add({ done: 'stopped' });
}

/** A running egress of ours got a recording in place of the one that was lost. */
export function egressAdopted(log: Log, fields: { egressId: string; room: string; recording: string }): void {
  log.warn(fields, 'egress adopted');
  strays.add({ done: 'adopted' });
}

/** Too many recordings seemed dead at once to be believed. */
export function passVoided(log: Log, fields: { suspects: number; live: number }): void {
  log.warn(fields, 'pass is void');
  voidLooks.add({ list: 'egresses' });
}

/** Too many meetings seemed over at once to be believed. */
export function roomListVoided(log: Log, fields: { over: number; meetings: number }): void {
  log.warn(fields, 'list of rooms is void');
  voidLooks.add({ list: 'rooms' });
}

const jobRuns = metrics.counter('tally_job_runs_total', 'Runs of jobs, by job and outcome', ['job', 'outcome']);
const staleStopped = metrics.counter('tally_stale_recordings_stopped_total', 'Recordings stopped because their room was empty');
const orphansFreed = metrics.counter('tally_orphaned_locks_freed_total', 'Room locks freed because no recording needed them');

/** `counts`: how many items of the run met each fate. */
export function jobRan(log: Log, fields: { job: string; ms: number; counts: Readonly<Record<string, number>> }): void {
  log.info(fields, 'job ran');
  jobRuns.add({ job: fields.job, outcome: 'ran' });
}

export function jobFailed(log: Log, fields: { job: string; err: Error }): void {
  log.warn(fields, 'job failed');
  jobRuns.add({ job: fields.job, outcome: 'failed' });
}

/** The stop of a recording whose room stayed empty is stored; the call to LiveKit follows. */
export function staleRecordingStopped(log: Log, fields: { egressId: string; room: string; recording: string }): void {
  log.info(fields, 'stale recording stopped');
  staleStopped.add({});
}

/** A room can be recorded again: neither a recording nor an egress needed its lock. */
export function orphanedLockFreed(log: Log, fields: { room: string; recording: string }): void {
  log.info(fields, 'orphaned lock freed');
  orphansFreed.add({});
}

const outages = metrics.counter('tally_outages_total', 'Times that a service could not be reached, by service', ['service']);

/** @param service such as `Redis`; begins the sentence */
export function outageBegan(log: Log, { service, err }: { service: string; err: unknown }): void {
  log.warn({ err }, `${service} cannot be reached`);
  outages.add({ service });
}

/** @param service as in `outageBegan` */
export function outageEnded(log: Log, { service }: { service: string }): void {
  log.info({}, `${service} can be reached again`);
}
