import {
  CreateRoomRequest,
  DeleteRoomRequest,
  DeleteRoomResponse,
  EgressInfo,
  ListEgressRequest,
  ListEgressResponse,
  ListParticipantsRequest,
  ListParticipantsResponse,
  ListRoomsRequest,
  ListRoomsResponse,
  MuteRoomTrackRequest,
  MuteRoomTrackResponse,
  ParticipantEgressRequest,
  ParticipantInfo,
  RemoveParticipantResponse,
  Room,
  RoomCompositeEgressRequest,
  RoomParticipantIdentity,
  SendDataRequest,
  SendDataResponse,
  StartEgressRequest,
  StopEgressRequest,
  TrackCompositeEgressRequest,
  TrackEgressRequest,
  UpdateLayoutRequest,
  UpdateParticipantRequest,
  UpdateRoomMetadataRequest,
  UpdateStreamRequest,
  UpdateSubscriptionsRequest,
  UpdateSubscriptionsResponse,
  WebEgressRequest,
} from '@livekit/protocol';
import type { JsonValue, Message } from '@bufbuild/protobuf';
import type { EgressService } from './egress-service.js';
import type { MessageType } from '../wire/encoding.js';
import type { RoomService } from './room-service.js';
import type { VideoGrant } from '../wire/token.js';
import { TwirpError } from '../wire/twirp-error.js';
import { toWireJson } from '../wire/wire-json.js';

/** One method of LiveKit's Twirp API. */
export interface Method {
  readonly name: string;
  readonly request: MessageType;
  readonly response: MessageType;
  /** @returns the JSON of the answer */
  call(body: JsonValue, grants: VideoGrant | undefined): Promise<string>;
}

/** A message that must still be encoded, JSON that is encoded already, or nothing. */
type Answer = object | string | undefined;

type Permission<T> = (grants: VideoGrant, request: T) => boolean;

const mayCreate: Permission<unknown> = (grants) => grants.roomCreate === true;
const mayList: Permission<unknown> = (grants) => grants.roomList === true;
const mayRecord: Permission<unknown> = (grants) => grants.roomRecord === true;
const mayAdminister: Permission<{ room: string }> = (grants, { room }) => grants.roomAdmin === true && grants.room === room;

/** All methods of the two services, keyed by their path below `/twirp/`. */
export function createMethods(rooms: RoomService, egress: EgressService): ReadonlyMap<string, Method> {
  const methods = new Map<string, Method>();

  const add = <T extends Message<T>>(
    path: string,
    [requestType, response]: [MessageType<T>, MessageType],
    permits: Permission<T>,
    run: (request: T) => Answer | Promise<Answer>,
  ): void => {
    const name = path.slice(path.indexOf('/') + 1);
    const call: Method['call'] = async (body, grants) => {
      const request = read(requestType, body);
      if (!grants || !permits(grants, request)) throw new TwirpError('unauthenticated', 'permissions denied');
      const answer = await run(request);
      return typeof answer === 'string' ? answer : answer === undefined ? '{}' : toWireJson(answer);
    };
    methods.set(`livekit.${path}`, { name, request: requestType as unknown as MessageType, response, call });
  };

  add('RoomService/CreateRoom', [CreateRoomRequest, Room], mayCreate, (request) => rooms.create(request));
  add('RoomService/DeleteRoom', [DeleteRoomRequest, DeleteRoomResponse], mayCreate, ({ room }) => rooms.remove(room));
  add('RoomService/ListRooms', [ListRoomsRequest, ListRoomsResponse], mayList, ({ names }) => rooms.list(names));
  add('RoomService/ListParticipants', [ListParticipantsRequest, ListParticipantsResponse], mayAdminister, ({ room }) =>
    rooms.listParticipants(room),
  );
  add('RoomService/GetParticipant', [RoomParticipantIdentity, ParticipantInfo], mayAdminister, ({ room, identity }) =>
    rooms.getParticipant(room, identity),
  );
  add(
    'RoomService/RemoveParticipant',
    [RoomParticipantIdentity, RemoveParticipantResponse],
    mayAdminister,
    ({ room, identity }) => rooms.removeParticipant(room, identity),
  );
  add('RoomService/MutePublishedTrack', [MuteRoomTrackRequest, MuteRoomTrackResponse], mayAdminister, (request) =>
    rooms.mute(request),
  );
  add('RoomService/UpdateParticipant', [UpdateParticipantRequest, ParticipantInfo], mayAdminister, (request) =>
    rooms.updateParticipant(request),
  );
  add(
    'RoomService/UpdateSubscriptions',
    [UpdateSubscriptionsRequest, UpdateSubscriptionsResponse],
    mayAdminister,
    ({ room, identity }) => rooms.updateSubscriptions(room, identity),
  );
  add('RoomService/SendData', [SendDataRequest, SendDataResponse], mayAdminister, (request) => rooms.sendData(request));
  add('RoomService/UpdateRoomMetadata', [UpdateRoomMetadataRequest, Room], mayAdminister, ({ room, metadata }) =>
    rooms.updateMetadata(room, metadata),
  );

  add('Egress/StartRoomCompositeEgress', [RoomCompositeEgressRequest, EgressInfo], mayRecord, (value) =>
    egress.start({ case: 'roomComposite', value }),
  );
  add('Egress/StartWebEgress', [WebEgressRequest, EgressInfo], mayRecord, (value) => egress.start({ case: 'web', value }));
  add('Egress/StartParticipantEgress', [ParticipantEgressRequest, EgressInfo], mayRecord, (value) =>
    egress.start({ case: 'participant', value }),
  );
  add('Egress/StartTrackCompositeEgress', [TrackCompositeEgressRequest, EgressInfo], mayRecord, (value) =>
    egress.start({ case: 'trackComposite', value }),
  );
  add('Egress/StartTrackEgress', [TrackEgressRequest, EgressInfo], mayRecord, (value) => egress.start({ case: 'track', value }));
  add('Egress/StartEgress', [StartEgressRequest, EgressInfo], mayRecord, (value) => egress.start({ case: 'egress', value }));
  add('Egress/StopEgress', [StopEgressRequest, EgressInfo], mayRecord, ({ egressId }) => egress.stop(egressId));
  add('Egress/ListEgress', [ListEgressRequest, ListEgressResponse], mayRecord, (request) => egress.list(request));
  add('Egress/UpdateLayout', [UpdateLayoutRequest, EgressInfo], mayRecord, ({ egressId, layout }) =>
    egress.updateLayout(egressId, layout),
  );
  add('Egress/UpdateStream', [UpdateStreamRequest, EgressInfo], mayRecord, (request) => egress.updateStream(request));
  return methods;
}

function read<T>(type: MessageType<T>, body: JsonValue): T {
  try {
    return type.fromJson(body, { ignoreUnknownFields: true });
  } catch {
    throw new TwirpError('malformed', 'the json request could not be decoded');
  }
}
