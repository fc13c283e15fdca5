import { randomBytes } from 'node:crypto';

import type { Clock } from '../../../clock.js';
import type { Supervisor } from '../../kernel/supervisor.js';
import { type RecordableRoom, type RoomDirectory, RoomNotFoundError } from '../../ports/rooms.js';
import type { RecordingCommands, StartRequest } from './commands.js';
import {
  IdempotencyInProgressError,
  IdempotencyMismatchError,
  NoParticipantsError,
  RecordingAlreadyActiveError,
  RecordingAlreadyStoppedError,
  RecordingDisabledError,
  RecordingNotFoundError,
  RecordingNotStoppedError,
  RecordingStillStartingError,
} from '../errors.js';
import type { RecordingEvent } from '../events.js';
import { CLAIM_LOCK_MS, isLeftBehind } from './left-behind.js';
import { newRecording } from '../machine/new-recording.js';
import type { LiveKitGateway } from '../../ports/livekit-gateway.js';
import type { RecordingStore } from '../recording-store.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import { isDeleted, isUnsettled, type RecordingContext, type RecordingDocument, topStateOf } from '../recording.js';
import { formatRecordingId, parseRecordingId } from '../recording-id.js';
import { hasStartAnswer, startAnswer } from './start-answer.js';

export interface RecordingCommandOptions {
  supervisor: Supervisor<RecordingContext, RecordingEvent>;
  store: RecordingStore;
  rooms: RoomDirectory;
  locks: RoomLocks;
  livekit: LiveKitGateway;
  clock: Clock;
  instance: string;
  /** From the start until the recording must record, milliseconds. */
  startTimeoutMs: number;
  confirmMs: number;
}

/** How long a stop waits for LiveKit's answer, which carries the duration. */
const STOP_ANSWER_MS = 5_000;
/** The deadline itself answers a start; this only bounds the wait when nothing can be committed any more. */
const ANSWER_MARGIN_MS = 10_000;

export function createRecordingCommands(options: RecordingCommandOptions): RecordingCommands {
  const { supervisor, store, locks, livekit, clock } = options;

  async function start(request: StartRequest): Promise<RecordingDocument> {
    const room = await recordableRoom(request.roomId);
    const startKey = request.idempotencyKey === undefined ? undefined : `idempotency:${request.idempotencyKey}`;
    const earlier = startKey === undefined ? undefined : await store.findByStartKey(startKey);
    if (earlier !== undefined) return repeat(earlier, request);

    const uid = randomBytes(5).toString('hex');
    const lockValue = await lockRoom(room.roomId, uid);
    let isCreated = false;
    try {
      await assertSomebodyIsThere(room.roomId);
      const recording = newRecording({
        uid,
        roomId: room.roomId,
        roomName: room.roomName,
        at: clock.now(),
        secret: () => randomBytes(16).toString('hex'),
        lockValue,
        claimant: options.instance,
        ...(startKey === undefined ? {} : { startKey }),
      });
      const result = await supervisor.create(uid, recording, 'rest');
      if (result.created) {
        isCreated = true;
        const answer = request.respondAsync === true ? result.document : answerOf(result.document, request);
        const [recorded] = await Promise.all([answer, assertRoomIsLeft(room.roomId, uid)]);
        return recorded;
      }
      await locks.release(room.roomId, lockValue);
      if (result.conflict === 'liveKey') throw new RecordingAlreadyActiveError(room.roomId);
    } catch (error) {
      // Once the record exists its own effects look after the lock; before, nobody else would. Where none can tell, the lock is short.
      if (!isCreated && (await isMissing(uid))) await releaseQuietly(room.roomId, lockValue);
      throw error;
    }
    const holder = startKey === undefined ? undefined : await store.findByStartKey(startKey);
    if (holder === undefined) throw new RecordingAlreadyActiveError(room.roomId);
    return repeat(holder, request);
  }

  async function recordableRoom(roomId: string): Promise<RecordableRoom> {
    const room = await options.rooms.find(roomId);
    if (room === undefined) throw new RoomNotFoundError(roomId);
    if (!room.isRecordingEnabled) throw new RecordingDisabledError(roomId);
    return room;
  }

  /** A room that is deleted tells the recordings it finds: one that was stored after that look is told here. */
  async function assertRoomIsLeft(roomId: string, uid: string): Promise<void> {
    if ((await options.rooms.find(roomId)) !== undefined) return;
    await supervisor.send(uid, { type: 'delete', at: clock.now(), source: 'room' });
    throw new RoomNotFoundError(roomId);
  }

  /** The same request again: answered from its recording, whatever has become of it. */
  function repeat(earlier: RecordingDocument, request: StartRequest): Promise<RecordingDocument> {
    if (earlier.roomId !== request.roomId) throw new IdempotencyMismatchError();
    if (!hasStartAnswer(earlier)) {
      if (request.respondAsync === true) return Promise.resolve(earlier);
      throw new IdempotencyInProgressError();
    }
    return Promise.resolve(startAnswer(earlier, request.roomId));
  }

  /** @returns the value of the lock that is now ours */
  async function lockRoom(roomId: string, uid: string): Promise<string> {
    const attempt = await locks.acquire(roomId, uid, CLAIM_LOCK_MS);
    if (attempt.acquired) return attempt.value;
    if (attempt.holder !== undefined && (await isLeftBehind(attempt.holder, store, clock.now()))) {
      const second = await locks.replace(roomId, attempt.holder, uid, CLAIM_LOCK_MS);
      if (second.acquired) return second.value;
    }
    throw new RecordingAlreadyActiveError(roomId);
  }

  async function assertSomebodyIsThere(roomId: string): Promise<void> {
    const participants = await livekit.listParticipants(roomId);
    if (!participants.some(({ isEgress }) => !isEgress)) throw new NoParticipantsError(roomId);
  }

  async function isMissing(uid: string): Promise<boolean> {
    return store.load(uid).then(
      (recording) => recording === undefined,
      () => false,
    );
  }

  /** The lock outlives a failing release by its short life only, so the error that led here is the one to tell. */
  async function releaseQuietly(roomId: string, value: string): Promise<void> {
    await locks.release(roomId, value).catch(() => undefined);
  }

  async function answerOf(created: RecordingDocument, request: StartRequest): Promise<RecordingDocument> {
    const waitMs = options.startTimeoutMs + options.confirmMs + ANSWER_MARGIN_MS;
    return startAnswer(await supervisor.observe(created.uid, hasStartAnswer, waitMs, created), request.roomId);
  }

  async function get(recordingId: string): Promise<RecordingDocument> {
    const uid = parseRecordingId(recordingId)?.uid;
    const recording = uid === undefined ? undefined : await store.load(uid);
    if (recording === undefined || !isNamedBy(recordingId, recording)) throw new RecordingNotFoundError(recordingId);
    return recording;
  }

  async function stop(recordingId: string): Promise<RecordingDocument> {
    const { uid } = await get(recordingId);
    const event: RecordingEvent = { type: 'stop', reason: 'request', at: clock.now(), source: 'rest' };
    const sent = await supervisor.send(uid, event);
    if (sent === undefined || isDeleted(sent.before)) throw new RecordingNotFoundError(recordingId);
    switch (topStateOf(sent.before)) {
      case 'active':
        return (await supervisor.observe(uid, hasStopAnswer, STOP_ANSWER_MS, sent.after)) ?? sent.after;
      case 'starting':
        throw new RecordingStillStartingError(formatRecordingId(sent.before));
      default:
        throw new RecordingAlreadyStoppedError(formatRecordingId(sent.before));
    }
  }

  async function remove(recordingId: string): Promise<void> {
    const event: RecordingEvent = { type: 'delete', at: clock.now(), source: 'rest' };
    const isRemovable = (recording: RecordingDocument) => isNamedBy(recordingId, recording) && !isUnsettled(recording);
    const sent = await supervisor.send(parseRecordingId(recordingId)?.uid ?? '', event, isRemovable);
    if (sent === undefined || !isNamedBy(recordingId, sent.before)) throw new RecordingNotFoundError(recordingId);
    if (!sent.changed) throw new RecordingNotStoppedError(formatRecordingId(sent.before));
  }

  return { start, stop, get, delete: remove };
}

/** The id is this recording's, as it is now or as it was before its egress was known; a deleted one has none. */
function isNamedBy(recordingId: string, recording: RecordingDocument): boolean {
  const pendingId = formatRecordingId({ uid: recording.uid, roomId: recording.roomId });
  return !isDeleted(recording) && [formatRecordingId(recording), pendingId].includes(recordingId);
}

/** LiveKit answered the stop, or it is over anyway. */
function hasStopAnswer(recording: RecordingDocument): boolean {
  if (topStateOf(recording) !== 'stopping') return true;
  return recording.duration !== undefined || !recording.tally.effects.some(({ name }) => name === 'stopEgress');
}
