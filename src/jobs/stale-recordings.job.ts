import type { Clock } from '../clock.js';
import type { Log } from '../logging.js';
import type { Supervisor } from '../machines/kernel/supervisor.js';
import { type EgressObservation, isTerminal } from '../machines/ports/egress-gateway.js';
import type { RecordingEvent } from '../machines/recording/events.js';
import { uidOfPath } from '../machines/recording/media-key.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import {
  isUnsettled,
  type RecordingContext,
  type RecordingDocument,
  statusOf,
  topStateOf,
} from '../machines/recording/recording.js';
import { countEach, sum } from './count-each.js';
import type { Counts, Job } from './job.js';
import { waitFor } from './wait.js';

export interface StaleRecordingOptions {
  supervisor: Pick<Supervisor<RecordingContext, RecordingEvent>, 'send'>;
  store: Pick<RecordingStore, 'load'>;
  livekit: Pick<LiveKitGateway, 'listEgress' | 'findEgress' | 'listParticipants' | 'listRooms'>;
  clock: Clock;
  log: Log;
  /** How long its status must not have changed, milliseconds. */
  staleAfterMs: number;
  /** How far apart two looks must be, milliseconds. */
  goneMs: number;
}

/** What a look says of an egress: `stale` twice means that it is stopped. */
type Look = 'foreign' | 'unknown' | 'aborted' | 'settled' | 'leaving' | 'undated' | 'fresh' | 'in_use' | 'doubtful' | 'stale';

const NS_PER_MS = 1_000_000n;

export function createStaleRecordingJob(options: StaleRecordingOptions & { intervalMs: number }): Job {
  return {
    name: 'staleRecordingsCleanup',
    intervalMs: options.intervalMs,
    atStart: true,
    run: (signal) => stopStaleRecordings(options, signal),
  };
}

/**
 * Stop the recordings that nobody needs any more although LiveKit goes on with them. LiveKit dates an egress by its last change
 * of status, so age alone says nothing: nobody but recorders may be in the room either, at two looks.
 *
 * @throws LiveKitUnavailableError its egresses could not be listed
 */
export async function stopStaleRecordings(options: StaleRecordingOptions, signal: AbortSignal): Promise<Counts> {
  const { supervisor, store, livekit, clock, log, staleAfterMs, goneMs } = options;
  const run = { signal, log };
  const nameOf = ({ egressId, roomName }: EgressObservation) => ({ egressId, room: roomName });
  const suspects: { egress: EgressObservation; recording: RecordingDocument }[] = [];

  const seen = await countEach(await livekit.listEgress({ active: true }), run, nameOf, async (egress) => {
    const recording = await recordingOf(egress);
    if (typeof recording === 'string') return recording;
    const look = await lookAt(egress, recording);
    if (look === 'stale') suspects.push({ egress, recording });
    return look;
  });
  if (suspects.length === 0) return seen;
  await waitFor(goneMs, clock, signal);
  return sum(seen, await countEach(suspects, run, ({ egress }) => nameOf(egress), stopIfStillStale));

  /** A uid that nobody knows may be another deployment's, or that of a record we lost: the reconciler tells which. */
  async function recordingOf(egress: EgressObservation): Promise<RecordingDocument | 'foreign' | 'unknown'> {
    const uid = uidOfPath(egress.requestedPath);
    if (uid === undefined) return 'foreign';
    const recording = await store.load(uid);
    if (recording?.roomId === egress.roomName && recording.egressId === egress.egressId) return recording;
    if (recording !== undefined) return 'foreign';
    log.warn({ ...nameOf(egress), recording: uid }, 'egress of an unknown recording');
    return 'unknown';
  }

  /** From top to bottom, the first that fits. */
  async function lookAt(egress: EgressObservation, recording: RecordingDocument): Promise<Look> {
    if (!isUnsettled(recording)) return statusOf(recording) === 'aborted' ? 'aborted' : 'settled';
    // Starting and stopping have deadlines of their own.
    if (topStateOf(recording) !== 'active') return 'leaving';
    const updatedAt = BigInt(egress.updatedAt);
    if (updatedAt === 0n) return 'undated';
    if (BigInt(Math.floor(clock.now()) - staleAfterMs) * NS_PER_MS <= updatedAt) return 'fresh';
    return lookInto(egress);
  }

  /** Whoever lists not even the recorder of a room that is there has seen it badly, or the reconciler has to do with it. */
  async function lookInto({ egressId, roomName }: EgressObservation): Promise<Look> {
    const participants = await livekit.listParticipants(roomName);
    if (participants.some(({ isEgress }) => !isEgress)) return 'in_use';
    if (participants.some(({ identity }) => identity === egressId)) return 'stale';
    return (await livekit.listRooms([roomName])).length === 0 ? 'stale' : 'doubtful';
  }

  async function stopIfStillStale(suspect: (typeof suspects)[number]): Promise<'stopped' | 'revived'> {
    const { recording } = suspect;
    const egress = await livekit.findEgress(suspect.egress.egressId);
    if (egress === undefined || isTerminal(egress.status)) return 'revived';
    if ((await lookAt(egress, recording)) !== 'stale') return 'revived';
    const event: RecordingEvent = { type: 'stop', reason: 'stale', at: clock.now(), source: 'stale' };
    // Void when the record was saved since the first look: what was seen then may no longer be so.
    const isUnchanged = ({ tally }: RecordingDocument) => tally.version === recording.tally.version;
    const sent = await supervisor.send(recording.uid, event, isUnchanged);
    if (sent?.changed !== true) return 'revived';
    log.info({ ...nameOf(egress), recording: recording.uid }, 'stale recording stopped');
    return 'stopped';
  }
}
