import {
  CreateRoomRequest,
  DeleteRoomRequest,
  ListEgressRequest,
  ListParticipantsRequest,
  ListRoomsRequest,
  MuteRoomTrackRequest,
  ParticipantEgressRequest,
  RoomCompositeEgressRequest,
  RoomParticipantIdentity,
  SendDataRequest,
  StartEgressRequest,
  StopEgressRequest,
  TrackCompositeEgressRequest,
  TrackEgressRequest,
  UpdateLayoutRequest,
  UpdateParticipantRequest,
  UpdateRoomMetadataRequest,
  UpdateStreamRequest,
  UpdateSubscriptionsRequest,
  WebEgressRequest,
} from '@livekit/protocol';
import type { JsonReadOptions, JsonValue, Message } from '@bufbuild/protobuf';
import type { EgressService } from './egress-service.js';
import type { RoomService } from './room-service.js';
import type { VideoGrant } from './token.js';
import { TwirpError } from './twirp-error.js';
import { toWireJson } from './wire-json.js';

/** One Twirp method: who may call it, and what it answers. */
export interface Method {
  readonly name: string;
  /** @returns the JSON of the answer */
  call(body: JsonValue, grants: VideoGrant | undefined): Promise<string>;
}

interface RequestType<T> {
  fromJson(json: JsonValue, options: Partial<JsonReadOptions>): T;
}

/** A message to be encoded, JSON that is encoded already, or nothing. */
type Answer = object | string | undefined;

type Permission<T> = (grants: VideoGrant, request: T) => boolean;

const mayCreate: Permission<unknown> = (grants) => grants.roomCreate === true;
const mayList: Permission<unknown> = (grants) => grants.roomList === true;
const mayRecord: Permission<unknown> = (grants) => grants.roomRecord === true;
const mayAdminister: Permission<{ room: string }> = (grants, { room }) => grants.roomAdmin === true && grants.room === room;

/** Every method of the two services, by its path below `/twirp/`. */
export function createMethods(rooms: RoomService, egress: EgressService): ReadonlyMap<string, Method> {
  const methods = new Map<string, Method>();

  const add = <T extends Message<T>>(
    path: string,
    type: RequestType<T>,
    permits: Permission<T>,
    run: (request: T) => Answer | Promise<Answer>,
  ): void => {
    const name = path.slice(path.indexOf('/') + 1);
    const call: Method['call'] = async (body, grants) => {
      const request = read(type, body);
      if (!grants || !permits(grants, request)) throw new TwirpError('unauthenticated', 'permissions denied');
      const answer = await run(request);
      return typeof answer === 'string' ? answer : answer === undefined ? '{}' : toWireJson(answer);
    };
    methods.set(`livekit.${path}`, { name, call });
  };

  add('RoomService/CreateRoom', CreateRoomRequest, mayCreate, (request) => rooms.create(request));
  add('RoomService/DeleteRoom', DeleteRoomRequest, mayCreate, ({ room }) => rooms.remove(room));
  add('RoomService/ListRooms', ListRoomsRequest, mayList, ({ names }) => rooms.list(names));
  add('RoomService/ListParticipants', ListParticipantsRequest, mayAdminister, ({ room }) => rooms.listParticipants(room));
  add('RoomService/GetParticipant', RoomParticipantIdentity, mayAdminister, ({ room, identity }) =>
    rooms.getParticipant(room, identity),
  );
  add('RoomService/RemoveParticipant', RoomParticipantIdentity, mayAdminister, ({ room, identity }) =>
    rooms.removeParticipant(room, identity),
  );
  add('RoomService/MutePublishedTrack', MuteRoomTrackRequest, mayAdminister, (request) => rooms.mute(request));
  add('RoomService/UpdateParticipant', UpdateParticipantRequest, mayAdminister, (request) => rooms.updateParticipant(request));
  add('RoomService/UpdateSubscriptions', UpdateSubscriptionsRequest, mayAdminister, ({ room, identity }) =>
    rooms.updateSubscriptions(room, identity),
  );
  add('RoomService/SendData', SendDataRequest, mayAdminister, (request) => rooms.sendData(request));
  add('RoomService/UpdateRoomMetadata', UpdateRoomMetadataRequest, mayAdminister, ({ room, metadata }) =>
    rooms.updateMetadata(room, metadata),
  );

  add('Egress/StartRoomCompositeEgress', RoomCompositeEgressRequest, mayRecord, (value) =>
    egress.start({ case: 'roomComposite', value }),
  );
  add('Egress/StartWebEgress', WebEgressRequest, mayRecord, (value) => egress.start({ case: 'web', value }));
  add('Egress/StartParticipantEgress', ParticipantEgressRequest, mayRecord, (value) =>
    egress.start({ case: 'participant', value }),
  );
  add('Egress/StartTrackCompositeEgress', TrackCompositeEgressRequest, mayRecord, (value) =>
    egress.start({ case: 'trackComposite', value }),
  );
  add('Egress/StartTrackEgress', TrackEgressRequest, mayRecord, (value) => egress.start({ case: 'track', value }));
  add('Egress/StartEgress', StartEgressRequest, mayRecord, (value) => egress.start({ case: 'egress', value }));
  add('Egress/StopEgress', StopEgressRequest, mayRecord, ({ egressId }) => egress.stop(egressId));
  add('Egress/ListEgress', ListEgressRequest, mayRecord, (request) => egress.list(request));
  add('Egress/UpdateLayout', UpdateLayoutRequest, mayRecord, ({ egressId, layout }) => egress.updateLayout(egressId, layout));
  add('Egress/UpdateStream', UpdateStreamRequest, mayRecord, (request) => egress.updateStream(request));
  return methods;
}

function read<T>(type: RequestType<T>, body: JsonValue): T {
  try {
    return type.fromJson(body, { ignoreUnknownFields: true });
  } catch {
    throw new TwirpError('malformed', 'the json request could not be decoded');
  }
}
