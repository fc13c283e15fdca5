import {
  DisconnectReason,
  ListParticipantsResponse,
  ListRoomsResponse,
  MuteRoomTrackResponse,
  ParticipantPermission,
  type CreateRoomRequest,
  type MuteRoomTrackRequest,
  type ParticipantInfo,
  type Room,
  type RoomCompositeEgressRequest,
  type SendDataRequest,
  type UpdateParticipantRequest,
} from '@livekit/protocol';
import type { SimulatorClock } from '../clock.js';
import type { LiveRoom, Rooms } from '../rooms/rooms.js';
import { internalError, TwirpError } from '../wire/twirp-error.js';

/** Starts the egress of a CreateRoom request. If it rejects, CreateRoom fails, although the room then exists. */
export type StartAutoEgress = (request: RoomCompositeEgressRequest) => Promise<unknown>;

const MAX_NAME = 256;
const MAX_METADATA_BYTES = 512 * 1024;
/** A missing room has no listener for its calls; the server notices after three attempts of a second each. */
const NO_LISTENER_MS = 3000;

/** The RoomService API for the simulator's rooms. See livekit-server, `pkg/service/roomservice.go`. */
export function createRoomService(rooms: Rooms, clock: SimulatorClock, startEgress: StartAutoEgress) {
  const existing = (name: string): LiveRoom => {
    const room = rooms.get(name);
    if (!room) throw internalError('not_found', 'requested room does not exist');
    return room;
  };

  const participantOf = (roomName: string, identity: string): ParticipantInfo => {
    const participant = rooms.get(roomName)?.participants.get(identity);
    if (!participant) throw internalError('not_found', 'participant does not exist');
    return participant;
  };

  const refuseWithoutListener = async (): Promise<never> => {
    await clock.delay(NO_LISTENER_MS);
    throw internalError('unavailable', 'no response from servers');
  };

  return {
    create: async (request: CreateRoomRequest): Promise<Room> => {
      if (request.name.length > MAX_NAME)
        throw internalError('invalid_argument', 'room name length exceeds limits: max length 256');
      checkMetadata(request.metadata);
      const isNew = rooms.get(request.name) === undefined;
      const { info } = rooms.create(request);
      if (isNew && request.egress?.room) {
        request.egress.room.roomName = request.name;
        await startEgress(request.egress.room);
      }
      return info;
    },
    list: (names: readonly string[]): ListRoomsResponse => {
      const found = names.length === 0 ? rooms.all() : names.flatMap((name) => rooms.get(name) ?? []);
      return new ListRoomsResponse({ rooms: found.map(({ info }) => info) });
    },
    remove: (name: string): undefined => {
      existing(name);
      rooms.close(name, DisconnectReason.ROOM_DELETED);
    },
    listParticipants: (name: string): ListParticipantsResponse =>
      new ListParticipantsResponse({ participants: [...(rooms.get(name)?.participants.values() ?? [])] }),
    getParticipant: participantOf,
    removeParticipant: (name: string, identity: string): undefined => {
      participantOf(name, identity);
      rooms.leave(name, identity, DisconnectReason.PARTICIPANT_REMOVED);
    },
    mute: async ({ room, identity, trackSid, muted }: MuteRoomTrackRequest): Promise<MuteRoomTrackResponse> => {
      const participant = rooms.get(room)?.participants.get(identity) ?? (await refuseWithoutListener());
      const track = participant.tracks.find(({ sid }) => sid === trackSid);
      if (!track) return new MuteRoomTrackResponse();
      if (track.muted && !muted) throw internalError('failed_precondition', 'remote unmute not enabled');
      track.muted = muted;
      return new MuteRoomTrackResponse({ track });
    },
    updateParticipant: ({
      room,
      identity,
      metadata,
      name,
      attributes,
      permission,
    }: UpdateParticipantRequest): ParticipantInfo => {
      const participant = participantOf(room, identity);
      checkMetadata(metadata);
      if (metadata !== '') participant.metadata = metadata;
      if (name !== '') participant.name = name;
      const merged = { ...participant.attributes, ...attributes };
      participant.attributes = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
      if (permission) participant.permission = new ParticipantPermission(permission);
      return participant;
    },
    updateSubscriptions: async (room: string, identity: string): Promise<undefined> => {
      if (!rooms.get(room)?.participants.has(identity)) await refuseWithoutListener();
    },
    sendData: async ({ room, data, topic, destinationIdentities, nonce }: SendDataRequest): Promise<undefined> => {
      if (nonce.length !== 0 && nonce.length !== 16)
        throw new TwirpError('invalid_argument', 'nonce should be 16-bytes or not present');
      const target = rooms.get(room) ?? (await refuseWithoutListener());
      target.packets.push({ topic: topic ?? '', payload: Buffer.from(data).toString(), destinationIdentities });
    },
    updateMetadata: (name: string, metadata: string): Room => {
      checkMetadata(metadata);
      const { info } = existing(name);
      info.metadata = metadata;
      return info;
    },
  };
}

export type RoomService = ReturnType<typeof createRoomService>;

function checkMetadata(metadata: string): void {
  if (Buffer.byteLength(metadata) <= MAX_METADATA_BYTES) return;
  throw new TwirpError('invalid_argument', `metadata size exceeds limits ${MAX_METADATA_BYTES}`, { argument: 'metadata' });
}
