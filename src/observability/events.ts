import { reasonsOf, TallyError, toError } from '../errors.js';
import type { Log } from '../logging.js';
import type { StopOutcome } from '../machines/ports/egress-gateway.js';
import type { LiveKitEvent } from '../machines/reconcile/intake.js';
import type { RoomDeletion } from '../machines/room/machine/deletion.js';
import { metrics } from './metrics.js';

/**
 * A business event: a log line with a fixed sentence, and a counter. The line carries the ids; the counter's labels take few
 * values.
 */
function event<Fields extends object>(level: keyof Log, sentence: string, count: (fields: Fields) => void) {
  return (log: Log, fields: Fields): void => {
    log[level](fields, sentence);
    count(fields);
  };
}

interface OfRecording {
  recording: string;
  room: string;
}

interface OfWebhook {
  requestId: string;
}

interface OfDeletion {
  room: string;
  deletion: RoomDeletion;
}

const recordingsStarted = metrics.counter('tally_recordings_started_total', 'Starts of recordings that were accepted');
const recordingsStopped = metrics.counter('tally_recordings_stopped_total', 'Stops of recordings that clients asked for');
const recordingsDeleted = metrics.counter('tally_recordings_deleted_total', 'Recordings that clients deleted');

/** The record of a start is stored; the call to LiveKit follows. */
export const recordingStarted = event<OfRecording>('info', 'recording start accepted', () => recordingsStarted.add({}));
/** A client's stop of an active recording is stored; the call to LiveKit follows. */
export const recordingStopped = event<OfRecording>('info', 'recording stop accepted', () => recordingsStopped.add({}));
/** A client deleted a recording; the removal of its file follows. */
export const recordingDeleted = event<OfRecording>('info', 'recording deleted', () => recordingsDeleted.add({}));

const filesMissing = metrics.counter('tally_missing_files_total', 'Recordings whose file was not found, by how it was noticed', [
  'noticed',
]);

/** A client asked for the file of a complete recording, and the media store, which works, does not have it. */
export const fileMissing = event<OfRecording>('warn', 'file of a recording is missing', () =>
  filesMissing.add({ noticed: 'asked' }),
);
/** A client asked for a file that the media store refuses to read, for example because of its rights. */
export const fileUnreadable = event<OfRecording & { reason: string }>('warn', 'file of a recording cannot be read', () =>
  filesMissing.add({ noticed: 'unreadable' }),
);
/** LiveKit reported a complete file, and Tally does not find it: the egress and Tally may see different folders or buckets. */
export const fileUndelivered = event<OfRecording & { tally: string; egress: string }>(
  'warn',
  'LiveKit delivered a file that is not where Tally looks',
  () => filesMissing.add({ noticed: 'delivered' }),
);

const roomsCreated = metrics.counter('tally_rooms_created_total', 'Rooms that clients created');
const roomsDeleted = metrics.counter('tally_rooms_deleted_total', 'Deletions of rooms that were accepted, by outcome', [
  'outcome',
]);
const roomsExpired = metrics.counter('tally_rooms_expired_total', 'Rooms past their deletion date, by outcome', ['outcome']);

export const roomCreated = event<{ room: string }>('info', 'room created', () => roomsCreated.add({}));
/** A room is deleted or closed, now or when its meeting ends, as `deletion` says. */
export const roomDeleted = event<OfDeletion>('info', 'room deletion accepted', ({ deletion }) =>
  roomsDeleted.add({ outcome: deletion }),
);
/** A room's deletion date has passed, and the room was deleted or closed as `deletion` says. */
export const expiredRoomDeleted = event<OfDeletion>('info', 'expired room deleted', ({ deletion }) =>
  roomsExpired.add({ outcome: deletion }),
);

const webhooks = metrics.counter('tally_webhooks_total', 'Webhooks from LiveKit, by outcome', ['outcome']);

const webhook = (outcome: string) => () => webhooks.add({ outcome });

/** The webhook was processed: its event is stored or changed nothing. */
export const webhookHandled = event<OfWebhook & { kind: LiveKitEvent['kind'] }>('debug', 'webhook handled', webhook('handled'));
/** By its content type, the request is not a webhook. */
export const webhookIgnored = event<OfWebhook>('debug', 'webhook ignored', webhook('ignored'));
/** LiveKit did not sign the webhook. */
export const webhookRejected = event<OfWebhook & { reason: string }>('warn', 'webhook rejected', webhook('rejected'));
/** A store could not be reached: LiveKit sends the webhook again. */
export const webhookPostponed = event<OfWebhook & { err: Error }>('debug', 'webhook postponed', webhook('postponed'));
/** A fault in Tally made the webhook fail; a repetition by LiveKit would not help. */
export const webhookFailed = event<OfWebhook & { err: Error }>('error', 'webhook failed', webhook('failed'));

const strays = metrics.counter('tally_strays_total', 'Running egresses of ours without a recording, by what was done', ['done']);
const voidLooks = metrics.counter('tally_void_looks_total', 'Lists of LiveKit that were thrown away, by list', ['list']);

/** A running egress of ours that no recording owns was asked to stop. */
export const strayStopped = event<{
  egressId: string;
  room: string;
  recording: string | undefined;
  outcome: StopOutcome['kind'];
}>('warn', 'stray egress stopped', () => strays.add({ done: 'stopped' }));
/** A running egress of ours got a recording in place of the one that was lost. */
export const egressAdopted = event<OfRecording & { egressId: string }>('warn', 'egress adopted', () =>
  strays.add({ done: 'adopted' }),
);
/** A reconcile pass was discarded, because too many recordings seemed dead at once. */
export const passVoided = event<{ suspects: number; live: number }>('warn', 'pass is void', () =>
  voidLooks.add({ list: 'egresses' }),
);
/** LiveKit's list of rooms was discarded, because too many meetings seemed over at once. */
export const roomListVoided = event<{ over: number; meetings: number }>('warn', 'list of rooms is void', () =>
  voidLooks.add({ list: 'rooms' }),
);

const jobRuns = metrics.counter('tally_job_runs_total', 'Runs of jobs, by job and outcome', ['job', 'outcome']);
const staleStopped = metrics.counter('tally_stale_recordings_stopped_total', 'Recordings stopped because their room was empty');
const orphansFreed = metrics.counter('tally_orphaned_locks_freed_total', 'Room locks freed because no recording needed them');

/** A run of a job succeeded. `counts`: the number of items by outcome. */
export const jobRan = event<{ job: string; ms: number; counts: Readonly<Record<string, number>> }>('info', 'job ran', ({ job }) =>
  jobRuns.add({ job, outcome: 'ran' }),
);
export const jobFailed = event<{ job: string; err: Error }>('warn', 'job failed', ({ job }) =>
  jobRuns.add({ job, outcome: 'failed' }),
);
/** The stop of a recording whose room stayed empty is stored; the call to LiveKit follows. */
export const staleRecordingStopped = event<OfRecording & { egressId: string }>('info', 'stale recording stopped', () =>
  staleStopped.add({}),
);
/** A room lock was freed, because neither a recording nor an egress needed it. */
export const orphanedLockFreed = event<OfRecording>('info', 'orphaned lock freed', () => orphansFreed.add({}));

const outages = metrics.counter('tally_outages_total', 'Times that a service could not be reached, by service', ['service']);

/** One line without a stack; the stack is logged at `debug`. @param service such as `Redis`; begins the sentence */
export function outageBegan(log: Log, { service, err }: { service: string; err: unknown }): void {
  const isRefusal = err instanceof TallyError && err.refused;
  log.warn({ reason: reasonsOf(toError(err)) }, `${service} ${isRefusal ? 'refuses requests' : 'cannot be reached'}`);
  log.debug({ err }, `${service} failed`);
  outages.add({ service });
}

/** @param service as in `outageBegan` */
export function outageEnded(log: Log, { service }: { service: string }): void {
  log.info({}, `${service} can be reached again`);
}
