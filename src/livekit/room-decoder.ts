import { ParticipantInfo_Kind, type ParticipantInfo, type Room } from '@livekit/protocol';

import type { LiveKitRoom, RoomPresence } from '../machines/ports/room-gateway.js';

export function decodeRoom({ name, sid, metadata, numParticipants, activeRecording }: Room): LiveKitRoom {
  return { name, sid, metadata, participants: numParticipants, activeRecording };
}

/** LiveKit's own fields mark a recorder, never its identity: any participant may be named `EG_…`. */
export function decodePresence({ identity, kind, permission }: ParticipantInfo): RoomPresence {
  // `permission.recorder` is deprecated in the schema, but servers older than participant kinds have nothing else.
  return { identity, isEgress: kind === ParticipantInfo_Kind.EGRESS || permission?.recorder === true };
}
