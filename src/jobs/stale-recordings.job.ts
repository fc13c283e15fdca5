import { type Clock, sleep } from '../clock.js';
import type { Log } from '../logging.js';
import { type EgressObservation, isTerminal } from '../machines/ports/egress-gateway.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import { createTwiceSeen } from '../machines/reconcile/twice-seen.js';
import type { RecordingEvent, Recordings } from '../machines/recording/events.js';
import { uidOfPath } from '../machines/recording/media-key.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import { isUnsettled, type RecordingDocument, statusOf, topStateOf } from '../machines/recording/recording.js';
import { staleRecordingStopped } from '../observability/events.js';
import { countEach, type Counts, sum } from './job.js';

export interface StaleRecordingOptions {
  supervisor: Pick<Recordings, 'send'>;
  store: Pick<RecordingStore, 'load'>;
  livekit: Pick<LiveKitGateway, 'listEgress' | 'findEgress' | 'listParticipants' | 'listRooms'>;
  clock: Clock;
  log: Log;
  /** How long the status of the egress must be unchanged, milliseconds. */
  staleAfterMs: number;
  /** Minimum time between the two looks at an egress, milliseconds. */
  goneMs: number;
}

/** Why the job does not stop an egress. */
type Look = 'foreign' | 'unknown' | 'aborted' | 'settled' | 'leaving' | 'undated' | 'fresh' | 'in_use' | 'doubtful';

const NS_PER_MS = 1_000_000n;

/**
 * Stop the recordings whose room is empty while LiveKit still records it. LiveKit's `updatedAt` is the last change of status, so
 * age alone proves nothing: two looks must find the room absent, or only recorders in it.
 *
 * @throws LiveKitUnavailableError the egresses could not be listed; or the reason of the signal
 */
export async function stopStaleRecordings(options: StaleRecordingOptions, signal: AbortSignal): Promise<Counts> {
  const { supervisor, livekit, clock, log, goneMs } = options;
  const run = { signal, log };
  const looks = createTwiceSeen(clock);
  const suspects: EgressObservation[] = [];

  const seen = await countEach(await livekit.listEgress({ active: true }), run, nameOf, async (egress) => {
    const look = await lookAt(options, egress);
    if (typeof look === 'string') return look;
    looks.see(egress.egressId, markOf(look), goneMs);
    suspects.push(egress);
    return 'stale';
  });
  if (suspects.length === 0) return seen;
  await sleep(goneMs, clock, signal);
  return sum(seen, await countEach(suspects, run, nameOf, stopIfStillStale));

  async function stopIfStillStale({ egressId, roomName: room }: EgressObservation): Promise<'stopped' | 'revived'> {
    const egress = await livekit.findEgress(egressId);
    if (egress === undefined || isTerminal(egress.status)) return 'revived';
    const recording = await lookAt(options, egress);
    if (typeof recording === 'string' || !looks.see(egressId, markOf(recording), goneMs)) return 'revived';
    const { uid } = recording;
    const event: RecordingEvent = { type: 'stop', reason: 'stale', at: clock.now(), source: 'stale' };
    const sent = await supervisor.send(uid, event, (stored) => markOf(stored) === markOf(recording));
    if (sent?.changed !== true) return 'revived';
    staleRecordingStopped(log, { egressId, room, recording: uid });
    return 'stopped';
  }
}

/** The version of the recording: if it is saved between the two looks, the first look does not count. */
function markOf({ tally }: RecordingDocument): string {
  return String(tally.version);
}

function nameOf({ egressId, roomName }: EgressObservation): object {
  return { egressId, room: roomName };
}

/** Looks at one egress; the first rule that applies wins. @returns the stale recording, or why the egress is not stopped */
async function lookAt(options: StaleRecordingOptions, egress: EgressObservation): Promise<RecordingDocument | Look> {
  const { store, livekit, clock, log, staleAfterMs } = options;
  const { egressId, roomName } = egress;
  const uid = uidOfPath(egress.requestedPath);
  if (uid === undefined) return 'foreign';
  const recording = await store.load(uid);
  if (recording === undefined) {
    // The egress may be another deployment's, or its recording is lost: the reconciler finds out which.
    log.warn({ ...nameOf(egress), recording: uid }, 'egress of an unknown recording');
    return 'unknown';
  }
  if (recording.roomId !== roomName || recording.egressId !== egressId) return 'foreign';
  if (!isUnsettled(recording)) return statusOf(recording) === 'aborted' ? 'aborted' : 'settled';
  // Recordings that are starting or stopping have deadlines of their own.
  if (topStateOf(recording) !== 'active') return 'leaving';
  const updatedAt = BigInt(egress.updatedAt);
  if (updatedAt === 0n) return 'undated';
  if (BigInt(Math.floor(clock.now()) - staleAfterMs) * NS_PER_MS <= updatedAt) return 'fresh';

  const participants = await livekit.listParticipants(roomName);
  if (participants.some(({ isSomebody }) => isSomebody)) return 'in_use';
  if (participants.some(({ identity }) => identity === egressId)) return recording;
  // If LiveKit lists the room but not our recorder, its answer is unreliable; the egress is left to the reconciler.
  return (await livekit.listRooms([roomName])).length === 0 ? recording : 'doubtful';
}
