import type { Clock } from '../../src/clock.js';
import type { RecordingCommands } from '../../src/machines/recording/commands.js';
import {
  IdempotencyMismatchError,
  NoParticipantsError,
  RecordingAlreadyActiveError,
  RecordingAlreadyStoppedError,
  RecordingDisabledError,
  RecordingNotFoundError,
  RecordingNotStoppedError,
  RecordingStillStartingError,
} from '../../src/machines/recording/errors.js';
import {
  isDeleted,
  isLive,
  isSettled,
  statusOf,
  type RecordingContext,
  type RecordingDocument,
} from '../../src/machines/recording/recording.js';
import type { CreateRoomRequest, DeletionResult, RoomCommands } from '../../src/machines/room/commands.js';
import { RoomNotFoundError } from '../../src/machines/room/errors.js';
import { roomStatusOf, type RoomContext, type RoomDocument } from '../../src/machines/room/room.js';
import type { StateValue } from '../../src/machines/kernel/document.js';
import type { Gate } from '../support/gate.js';
import { readErrors, type MemoryDocuments } from '../support/memory-actor-store.js';
import { throughGate } from '../support/gate.js';

export interface MemoryRooms extends RoomCommands {
  put(room: Partial<RoomContext> & { roomId: string }, state?: StateValue): RoomDocument;
  /** What the next deletion comes to. */
  deleteNextAs(outcome: DeletionResult['deletion'] | Error, withRoom?: boolean): void;
  deletions: { roomId: string; withMeeting: string; withRecordings: string }[];
  created: CreateRoomRequest[];
}

interface Options<Context extends object> {
  documents: MemoryDocuments<Context>;
  gate: Gate;
  clock: Clock;
}

const SETTLED = ['complete', 'failed', 'aborted', 'deleted'];

const kernel = (state: StateValue) => ({
  state,
  machineVersion: 1,
  version: 1,
  effects: [],
  history: [],
  dueAt: null,
  lastWrite: 'w1',
});

export function createMemoryRooms({ documents, gate, clock }: Options<RoomContext>): MemoryRooms {
  const deletions: MemoryRooms['deletions'] = [];
  const created: CreateRoomRequest[] = [];
  const outcomes: { outcome: DeletionResult['deletion'] | Error; withRoom: boolean }[] = [];
  const rooms: MemoryRooms = {
    deletions,
    created,
    put(room, state = 'open') {
      const document: RoomDocument = {
        schemaVersion: 1,
        roomName: room.roomId,
        creationDate: clock.now(),
        autoDeletionPolicy: { withMeeting: 'when_meeting_ends', withRecordings: 'close' },
        config: {
          chat: { enabled: true },
          recording: { enabled: true, allowAccessTo: 'admin_moderator_speaker' },
          virtualBackground: { enabled: true },
          e2ee: { enabled: false },
        },
        moderatorUrl: `/room/${room.roomId}?secret=aaaaaaaaaa`,
        speakerUrl: `/room/${room.roomId}?secret=bbbbbbbbbb`,
        meetingEndAction: 'none',
        ...room,
        tally: kernel(state),
      };
      documents.set(room.roomId, document);
      return document;
    },
    deleteNextAs: (outcome, withRoom = false) => outcomes.push({ outcome, withRoom }),
    async create(request) {
      await throughGate(gate, 'rooms.create', readErrors, () => undefined);
      created.push(request);
      return rooms.put({ ...request, roomId: `room-${'0'.repeat(14)}${documents.size}` });
    },
    get: (roomId) =>
      throughGate(gate, 'rooms.get', readErrors, () => {
        const room = documents.get(roomId);
        if (room === undefined || roomStatusOf(room) === undefined) throw new RoomNotFoundError(roomId);
        return room;
      }),
    async delete(roomId, policy) {
      const room = await rooms.get(roomId);
      deletions.push({ roomId, ...policy });
      const { outcome, withRoom } = outcomes.shift() ?? { outcome: 'room_deleted' as const, withRoom: false };
      if (outcome instanceof Error) throw outcome;
      return withRoom ? { deletion: outcome, room } : { deletion: outcome };
    },
  };
  return rooms;
}

export interface MemoryRecordings extends RecordingCommands {
  put(recording: Partial<RecordingContext>, state?: StateValue): RecordingDocument;
  /** Rooms where someone is. */
  present: Set<string>;
  /** The next command fails with this. */
  failNext(error: Error): void;
  starts: Parameters<RecordingCommands['start']>[0][];
}

export function createMemoryRecordings({
  documents,
  rooms,
  gate,
  clock,
}: Options<RecordingContext> & { rooms: MemoryRooms }): MemoryRecordings {
  const present = new Set<string>();
  const failures: Error[] = [];
  const starts: MemoryRecordings['starts'] = [];
  let drawn = 0;

  const recordings: MemoryRecordings = {
    present,
    starts,
    failNext: (error) => failures.push(error),
    put(recording, state = 'complete') {
      drawn += 1;
      const uid = recording.uid ?? String(drawn).padStart(10, '0');
      const roomId = recording.roomId ?? 'room-1';
      const document: RecordingDocument = {
        schemaVersion: 1,
        uid,
        roomId,
        roomName: roomId,
        filename: `${roomId}--${uid}.mp4`,
        mediaKey: `recordings/${roomId}/${roomId}--${uid}.mp4`,
        accessSecrets: { public: 'c'.repeat(32), private: 'd'.repeat(32) },
        createdAt: clock.now(),
        liveKey: typeof state === 'string' && SETTLED.includes(state) ? uid : roomId,
        startKey: uid,
        egressId: `EG_${uid}`,
        ...recording,
        tally: kernel(state),
      };
      documents.set(uid, document);
      return document;
    },
    async start(request) {
      await step('recordings.start');
      starts.push(request);
      const { roomId, idempotencyKey, respondAsync = false } = request;
      const room = await rooms.get(roomId);
      if (!room.config.recording.enabled) throw new RecordingDisabledError(roomId);
      const known = [...documents.values()].find(({ startKey }) => startKey === idempotencyKey);
      if (known !== undefined && known.roomId !== roomId) throw new IdempotencyMismatchError();
      if (known !== undefined) return known;
      if ([...documents.values()].some((other) => other.roomId === roomId && isLive(other)))
        throw new RecordingAlreadyActiveError(roomId);
      if (!present.has(roomId)) throw new NoParticipantsError(roomId);
      const startKey = idempotencyKey === undefined ? {} : { startKey: idempotencyKey };
      if (!respondAsync) return recordings.put({ roomId, startDate: clock.now(), ...startKey }, 'active');
      const { egressId: _unknown, ...pending } = recordings.put({ roomId, ...startKey }, { starting: 'requesting' });
      documents.set(pending.uid, pending);
      return pending;
    },
    async stop(recordingId) {
      const recording = await recordings.get(recordingId);
      const status = statusOf(recording);
      if (status === 'starting') throw new RecordingStillStartingError(recordingId);
      if (status !== 'active') throw new RecordingAlreadyStoppedError(recordingId);
      return recordings.put({ ...recording, duration: 12.5, endDate: clock.now(), size: 1000 }, 'stopping');
    },
    async get(recordingId) {
      await step('recordings.get');
      const [roomId, egressId, uid = ''] = recordingId.split('--');
      const recording = documents.get(uid);
      const isNamed = recording?.roomId === roomId && ['EG_PENDING', recording?.egressId].includes(egressId);
      if (recording === undefined || !isNamed || isDeleted(recording)) throw new RecordingNotFoundError(recordingId);
      return recording;
    },
    async delete(recordingId) {
      const recording = await recordings.get(recordingId);
      if (!isSettled(recording)) throw new RecordingNotStoppedError(recordingId);
      recordings.put(recording, 'deleted');
    },
  };
  return recordings;

  async function step(label: string): Promise<void> {
    await throughGate(gate, label, readErrors, () => undefined);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  }
}
