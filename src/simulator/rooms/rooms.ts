import { DisconnectReason, ParticipantInfo_State, Room, type CreateRoomRequest, type ParticipantInfo } from '@livekit/protocol';
import { randomUUID } from 'node:crypto';
import type { SimulatorClock } from '../clock.js';
import { newId } from '../ids.js';
import { createCameraTrack, createGuest, createRecorder, isRecorder } from './participants.js';
import type { ScriptBook } from '../scripts/script-book.js';
import type { Webhooks } from '../webhooks/webhooks.js';

/** Who joins a room, as the control interface and tests say it. */
export interface Joining {
  identity: string;
  name?: string;
  /** Publish a camera at once; media is what makes an egress ACTIVE. Default false. */
  publish?: boolean;
}

/** A data packet somebody sent through SendData. */
export interface DataPacket {
  topic: string;
  payload: string;
  destinationIdentities: string[];
}

/** A room that exists; `info` is what LiveKit shows of it. */
export interface LiveRoom {
  readonly info: Room;
  readonly participants: Map<string, ParticipantInfo>;
  readonly packets: DataPacket[];
}

export interface Rooms {
  get(name: string): LiveRoom | undefined;
  all(): LiveRoom[];
  /** The live room unchanged, or a new one with the fields of the request. */
  create(request: Partial<CreateRoomRequest> & { name: string }): LiveRoom;
  /** Disconnect everybody and forget the room. */
  close(name: string, reason?: DisconnectReason): boolean;
  /** Join, creating the room when there is none. An identity that is there already is replaced. */
  join(name: string, joining: Joining): ParticipantInfo;
  joinRecorder(name: string, roomId: string, egressId: string): void;
  leave(name: string, identity: string, reason?: DisconnectReason): boolean;
  publish(name: string, identity: string): void;
  unpublish(name: string, identity: string): void;
  /** Resolves when somebody in this incarnation of the room publishes; never, when nobody does. */
  published(name: string): Promise<void>;
  /** Called with each room that has just closed. */
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
  hadSomebody: boolean;
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
      hadSomebody: false,
    };
    rooms.set(request.name, room);
    webhooks.room('room_started', info);
    watchIdle(room);
    return room;
  };

  /** Egress and agents do not keep a room open. */
  const watchIdle = (room: Entry): void => {
    room.stopIdleTimer();
    if (counted(room) > 0) return;
    const timeoutS = room.hadSomebody ? room.info.departureTimeout : room.info.emptyTimeout;
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
      room.hadSomebody = true;
      add(room, participant);
      // Behind it: who is replaced by a second self has just left.
      room.stopIdleTimer();
      if (publishes) publish(name, identity);
      return participant;
    },
    joinRecorder: (name, roomId, egressId) => {
      const room = rooms.get(name);
      // A recorder of the room's previous incarnation has been sent home with it.
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

/** Participants that count: recorders do not. */
function counted(room: LiveRoom): number {
  return [...room.participants.values()].filter((participant) => !isRecorder(participant)).length;
}
