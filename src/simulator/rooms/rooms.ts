import { DisconnectReason, ParticipantInfo_State, Room, type CreateRoomRequest, type ParticipantInfo } from '@livekit/protocol';
import { randomUUID } from 'node:crypto';
import type { SimulatorClock } from '../clock.js';
import { newId } from '../ids.js';
import { createCameraTrack, createGuest, createRecorder, isRecorder } from './participants.js';
import type { ScriptBook } from '../scripts/script-book.js';
import type { Webhooks } from '../webhooks/webhooks.js';

/** A participant that joins a room. */
export interface Joining {
  identity: string;
  name?: string;
  /** Publish a camera at once. An egress becomes ACTIVE only when media is published. Default false. */
  publish?: boolean;
}

/** A data packet that was sent through SendData. */
export interface DataPacket {
  topic: string;
  payload: string;
  destinationIdentities: string[];
}

/** An open room. `info` is LiveKit's description of it. */
export interface LiveRoom {
  readonly info: Room;
  readonly participants: Map<string, ParticipantInfo>;
  readonly packets: DataPacket[];
}

export interface Rooms {
  get(name: string): LiveRoom | undefined;
  all(): LiveRoom[];
  /** @returns the open room of this name unchanged, or a new one with the fields of the request */
  create(request: Partial<CreateRoomRequest> & { name: string }): LiveRoom;
  /** Disconnect all participants and close the room. @returns whether it was open */
  close(name: string, reason?: DisconnectReason): boolean;
  /** Join a room, which is created if it is missing. A participant with the same identity is disconnected. */
  join(name: string, joining: Joining): ParticipantInfo;
  joinRecorder(name: string, roomId: string, egressId: string): void;
  leave(name: string, identity: string, reason?: DisconnectReason): boolean;
  publish(name: string, identity: string): void;
  unpublish(name: string, identity: string): void;
  /** Resolves when a participant of this incarnation of the room publishes; it may never settle. */
  published(name: string): Promise<void>;
  /** The listener is called after each closing of a room. */
  onClosed(listener: (room: LiveRoom) => void): void;
}

interface Dependencies {
  clock: SimulatorClock;
  scripts: ScriptBook;
  webhooks: Webhooks;
}

interface Entry extends LiveRoom {
  mediaWaiters: (() => void)[];
  stopIdleTimer: () => void;
  hadParticipant: boolean;
}

/** Seconds; see livekit-server, `pkg/config/config.go`: RoomConfig. */
const EMPTY_TIMEOUT_S = 300;
const DEPARTURE_TIMEOUT_S = 20;

export function createRooms({ clock, scripts, webhooks }: Dependencies): Rooms {
  const rooms = new Map<string, Entry>();
  const listeners: ((room: LiveRoom) => void)[] = [];

  const open = (request: Partial<CreateRoomRequest> & { name: string }): Entry => {
    const now = clock.now();
    const info = new Room({
      sid: newId('RM_'),
      name: request.name,
      emptyTimeout: request.emptyTimeout || EMPTY_TIMEOUT_S,
      departureTimeout: request.departureTimeout || DEPARTURE_TIMEOUT_S,
      maxParticipants: request.maxParticipants ?? 0,
      creationTime: BigInt(Math.floor(now / 1000)),
      creationTimeMs: BigInt(now),
      turnPassword: randomUUID(),
      enabledCodecs: ENABLED_CODECS.map((mime) => ({ mime, fmtpLine: '' })),
      metadata: request.metadata ?? '',
    });
    const room: Entry = {
      info,
      participants: new Map(),
      packets: [],
      mediaWaiters: [],
      stopIdleTimer: () => undefined,
      hadParticipant: false,
    };
    rooms.set(request.name, room);
    webhooks.room('room_started', info);
    watchIdle(room);
    return room;
  };

  /** Close the room when it was empty for its time limit. Recorders do not keep a room open. */
  const watchIdle = (room: Entry): void => {
    room.stopIdleTimer();
    if (counted(room) > 0) return;
    const timeoutS = room.hadParticipant ? room.info.departureTimeout : room.info.emptyTimeout;
    room.stopIdleTimer = clock.after(timeoutS * 1000, () => close(room.info.name, DisconnectReason.ROOM_CLOSED));
  };

  const close: Rooms['close'] = (name, reason = DisconnectReason.ROOM_DELETED) => {
    const room = rooms.get(name);
    if (!room) return false;
    for (const identity of [...room.participants.keys()]) leave(name, identity, reason);
    room.stopIdleTimer();
    rooms.delete(name);
    webhooks.room('room_finished', room.info);
    for (const listener of listeners) listener(room);
    const again = scripts.take(name, ['recreatedAfterMs'])?.recreatedAfterMs;
    if (again !== undefined) clock.after(again, () => rooms.has(name) || open({ name }));
    return true;
  };

  const add = (room: Entry, participant: ParticipantInfo): void => {
    if (room.participants.has(participant.identity))
      leave(room.info.name, participant.identity, DisconnectReason.DUPLICATE_IDENTITY);
    room.participants.set(participant.identity, participant);
    refreshCounts(room);
    webhooks.room('participant_joined', room.info, participant);
  };

  const leave: Rooms['leave'] = (name, identity, reason = DisconnectReason.CLIENT_INITIATED) => {
    const room = rooms.get(name);
    const participant = room?.participants.get(identity);
    if (!room || !participant) return false;
    for (const track of participant.tracks) webhooks.track('track_unpublished', room.info, participant, track);
    room.participants.delete(identity);
    participant.state = ParticipantInfo_State.DISCONNECTED;
    participant.disconnectReason = reason;
    participant.tracks = [];
    refreshCounts(room);
    webhooks.room('participant_left', room.info, participant);
    if (!isRecorder(participant)) watchIdle(room);
    return true;
  };

  const refreshCounts = (room: Entry): void => {
    const refresh = (): void => {
      room.info.numParticipants = counted(room);
      room.info.numPublishers = [...room.participants.values()].filter(({ isPublisher }) => isPublisher).length;
    };
    room.info.activeRecording = [...room.participants.values()].some(isRecorder);
    const lateMs = scripts.peek(room.info.name, 'countsLateMs')?.countsLateMs;
    if (lateMs === undefined) refresh();
    else clock.after(lateMs, refresh);
  };

  const publish: Rooms['publish'] = (name, identity) => {
    const room = rooms.get(name);
    const participant = room?.participants.get(identity);
    if (!room || !participant || participant.tracks.length > 0) return;
    const track = createCameraTrack();
    participant.tracks.push(track);
    participant.isPublisher = true;
    refreshCounts(room);
    webhooks.track('track_published', room.info, participant, track);
    for (const wake of room.mediaWaiters.splice(0)) wake();
  };

  return {
    get: (name) => rooms.get(name),
    all: () => [...rooms.values()],
    create: (request) => rooms.get(request.name) ?? open(request),
    close,
    join: (name, { identity, name: displayName, publish: publishes = false }) => {
      const room = rooms.get(name) ?? open({ name });
      const participant = createGuest(identity, displayName ?? '', clock.now());
      room.hadParticipant = true;
      add(room, participant);
      // After `add`, which may have replaced the same identity: its leaving starts the idle timer.
      room.stopIdleTimer();
      if (publishes) publish(name, identity);
      return participant;
    },
    joinRecorder: (name, roomId, egressId) => {
      const room = rooms.get(name);
      // A room of the same name that was opened later is not the room of this recorder.
      if (room?.info.sid !== roomId) return;
      add(room, createRecorder(egressId, clock.now()));
    },
    leave,
    publish,
    unpublish: (name, identity) => {
      const room = rooms.get(name);
      const participant = room?.participants.get(identity);
      if (!room || !participant) return;
      for (const track of participant.tracks.splice(0)) webhooks.track('track_unpublished', room.info, participant, track);
    },
    published: (name) =>
      new Promise((resolve) => {
        const room = rooms.get(name);
        if (room && [...room.participants.values()].some(({ tracks }) => tracks.length > 0)) resolve();
        else room?.mediaWaiters.push(resolve);
      }),
    onClosed: (listener) => listeners.push(listener),
  };
}

const ENABLED_CODECS = ['audio/opus', 'audio/red', 'video/VP8', 'video/H264', 'video/VP9', 'video/AV1', 'video/H265'];

/** Number of participants without recorders. */
function counted(room: LiveRoom): number {
  return [...room.participants.values()].filter((participant) => !isRecorder(participant)).length;
}
