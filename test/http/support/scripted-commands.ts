import type { Clock } from '../../../src/clock.js';
import type { ActorStore } from '../../../src/machines/kernel/actor-store.js';
import type { ActorDocument, StateValue } from '../../../src/machines/kernel/document.js';
import type { RecordingCommands } from '../../../src/machines/recording/commands/commands.js';
import {
  IdempotencyMismatchError,
  NoParticipantsError,
  RecordingAlreadyActiveError,
  RecordingAlreadyStoppedError,
  RecordingDisabledError,
  RecordingNotFoundError,
  RecordingNotStoppedError,
  RecordingStillStartingError,
} from '../../../src/machines/recording/errors.js';
import type { RecordingStore } from '../../../src/machines/recording/recording-store.js';
import {
  isDeleted,
  isSettled,
  statusOf,
  type RecordingContext,
  type RecordingDocument,
} from '../../../src/machines/recording/recording.js';
import type { CreateRoomRequest, DeletionResult, RoomCommands } from '../../../src/machines/room/commands/commands.js';
import { RoomNotFoundError } from '../../../src/machines/ports/rooms.js';
import type { RoomStore } from '../../../src/machines/room/room-store.js';
import { roomStatusOf, type RoomContext, type RoomDocument } from '../../../src/machines/room/room.js';
import { throughGate, type Gate } from '../../support/gate.js';
import { readErrors } from '../../support/memory/memory-actor-store.js';

/** Commands without machines: they write the machines' outcome at once to the stores that the routes list from. */
export interface ScriptedRooms extends RoomCommands {
  put(room: Partial<RoomContext> & { roomId: string }, state?: StateValue): Promise<RoomDocument>;
  /** Sets the outcome of the next deletion. */
  deleteNextAs(outcome: DeletionResult['deletion'] | Error, withRoom?: boolean): void;
  deletions: { roomId: string; withMeeting: string; withRecordings: string }[];
  created: CreateRoomRequest[];
}

interface Options<Store> {
  store: Store;
  gate: Gate;
  clock: Clock;
}

const SETTLED = ['complete', 'failed', 'aborted', 'deleted'];

export function createScriptedRooms({ store, gate, clock }: Options<RoomStore>): ScriptedRooms {
  const deletions: ScriptedRooms['deletions'] = [];
  const created: CreateRoomRequest[] = [];
  const outcomes: { outcome: DeletionResult['deletion'] | Error; withRoom: boolean }[] = [];
  const rooms: ScriptedRooms = {
    deletions,
    created,
    put: (room, state = 'open') =>
      replace(store, room.roomId, state, {
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
      }),
    deleteNextAs: (outcome, withRoom = false) => outcomes.push({ outcome, withRoom }),
    async create(request) {
      await throughGate(gate, 'rooms.create', readErrors, () => undefined);
      created.push(request);
      return rooms.put({ ...request, roomId: `room-${'0'.repeat(14)}${created.length}` });
    },
    async get(roomId) {
      const room = await throughGate(gate, 'rooms.get', readErrors, () => store.load(roomId));
      if (room === undefined || roomStatusOf(room) === undefined) throw new RoomNotFoundError(roomId);
      return room;
    },
    async delete(roomId, policy) {
      // Before the first await, so that deletions are recorded in the order of the calls.
      deletions.push({ roomId, ...policy });
      const { outcome, withRoom } = outcomes.shift() ?? { outcome: 'room_deleted' as const, withRoom: false };
      const room = await rooms.get(roomId);
      if (outcome instanceof Error) throw outcome;
      return withRoom ? { deletion: outcome, room } : { deletion: outcome };
    },
  };
  return rooms;
}

export interface ScriptedRecordings extends RecordingCommands {
  put(recording: Partial<RecordingContext>, state?: StateValue): Promise<RecordingDocument>;
  /** Ids of rooms with a participant. */
  present: Set<string>;
  /** Makes the next command throw this error. */
  failNext(error: Error): void;
  starts: Parameters<RecordingCommands['start']>[0][];
}

export function createScriptedRecordings({
  store,
  rooms,
  gate,
  clock,
}: Options<RecordingStore> & { rooms: ScriptedRooms }): ScriptedRecordings {
  const present = new Set<string>();
  const failures: Error[] = [];
  const starts: ScriptedRecordings['starts'] = [];
  let drawn = 0;

  const recordings: ScriptedRecordings = {
    present,
    starts,
    failNext: (error) => failures.push(error),
    async put(recording, state = 'complete') {
      const named = build(recording, state);
      return replace(store, named.uid, state, { egressId: `EG_${named.uid}`, ...named });
    },
    async recordableRoom(roomId) {
      const { roomName, config } = await rooms.get(roomId);
      if (!config.recording.enabled) throw new RecordingDisabledError(roomId);
      return { roomId, roomName, isRecordingEnabled: true };
    },
    async start(request) {
      await step('recordings.start');
      starts.push(request);
      const { idempotency, respondAsync = false } = request;
      const idempotencyKey = idempotency?.key;
      const { roomId } = request.room;
      const known = idempotencyKey === undefined ? undefined : await store.findByStartKey(idempotencyKey);
      if (known !== undefined && known.roomId !== roomId) throw new IdempotencyMismatchError();
      if (known !== undefined) return known;
      if ((await store.findLive(roomId)) !== undefined) throw new RecordingAlreadyActiveError(roomId);
      if (!present.has(roomId)) throw new NoParticipantsError(roomId);
      const startKey = idempotencyKey === undefined ? {} : { startKey: idempotencyKey };
      if (!respondAsync) return recordings.put({ roomId, startDate: clock.now(), ...startKey }, 'active');
      const state = { starting: 'requesting' };
      const pending = build({ roomId, ...startKey }, state);
      return replace(store, pending.uid, state, pending);
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
      const recording = await store.load(uid);
      const isNamed = recording?.roomId === roomId && ['EG_PENDING', recording?.egressId].includes(egressId);
      if (recording === undefined || !isNamed || isDeleted(recording)) throw new RecordingNotFoundError(recordingId);
      return recording;
    },
    async getPlayable(recordingId) {
      const recording = await recordings.get(recordingId);
      if (recording.tally.state !== 'complete') throw new RecordingNotStoppedError(recordingId);
      return recording;
    },
    async delete(recordingId) {
      const recording = await recordings.get(recordingId);
      if (!isSettled(recording)) throw new RecordingNotStoppedError(recordingId);
      await recordings.put(recording, 'deleted');
    },
  };
  return recordings;

  /** The context of a recording that has no egress yet. */
  function build(changes: Partial<RecordingContext>, state: StateValue): RecordingContext {
    drawn += 1;
    const uid = changes.uid ?? String(drawn).padStart(10, '0');
    const roomId = changes.roomId ?? 'room-1';
    return {
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
      ...changes,
    };
  }

  async function step(label: string): Promise<void> {
    await throughGate(gate, label, readErrors, () => undefined);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
  }
}

/** Store a document over the one with the same key, if any. @throws when the store refuses the write */
async function replace<Context extends object>(
  store: ActorStore<Context>,
  key: string,
  state: StateValue,
  context: Context,
): Promise<ActorDocument<Context>> {
  const version = (await store.load(key))?.tally.version ?? 0;
  const tally = { state, machineVersion: 1, version: version + 1, effects: [], history: [], dueAt: null, lastWrite: 'w1' };
  const document: ActorDocument<Context> = { ...context, tally };
  const isStored = version === 0 ? (await store.create(key, document)).created : await store.save(key, document, version);
  if (!isStored) throw new Error(`The store refused to write ${key}`);
  return document;
}
