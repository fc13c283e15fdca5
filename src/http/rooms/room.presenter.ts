import { z } from 'zod';

import { type RoomDocument, roomStatusOf } from '../../machines/room/room.js';
import { WITH_MEETING, WITH_RECORDINGS } from './schemas.js';

const switchView = z.looseObject({ enabled: z.boolean() });

/** A room's configuration as clients see it. It may hold further members, which another program stored. */
export const roomConfigView = z.looseObject({
  chat: switchView,
  recording: z.looseObject({
    enabled: z.boolean(),
    allowAccessTo: z.enum(['admin', 'admin_moderator', 'admin_moderator_speaker']).exactOptional(),
  }),
  virtualBackground: switchView,
  e2ee: switchView.exactOptional(),
});

/** A room as clients see it. */
export const roomView = z.strictObject({
  roomId: z.string(),
  roomName: z.string(),
  creationDate: z.number(),
  autoDeletionDate: z.number().optional(),
  autoDeletionPolicy: z.looseObject({ withMeeting: z.enum(WITH_MEETING), withRecordings: z.enum(WITH_RECORDINGS) }).optional(),
  config: roomConfigView,
  moderatorUrl: z.string(),
  speakerUrl: z.string(),
  status: z.enum(['open', 'active_meeting', 'closed']).optional(),
  meetingEndAction: z.enum(['none', 'close', 'delete']),
});
export type RoomView = z.output<typeof roomView>;

/** @param baseUrl scheme and host in front of the links, without a trailing slash */
export function presentRoom(room: RoomDocument, baseUrl: string): RoomView {
  return {
    roomId: room.roomId,
    roomName: room.roomName,
    creationDate: room.creationDate,
    autoDeletionDate: room.autoDeletionDate,
    autoDeletionPolicy: room.autoDeletionPolicy,
    config: presentRoomConfig(room),
    moderatorUrl: `${baseUrl}${room.moderatorUrl}`,
    speakerUrl: `${baseUrl}${room.speakerUrl}`,
    status: roomStatusOf(room),
    meetingEndAction: room.meetingEndAction,
  };
}

export function presentRoomConfig({ config }: Pick<RoomDocument, 'config'>): z.output<typeof roomConfigView> {
  return { ...config };
}
