import { ParticipantInfo_Kind, type ParticipantInfo, type Room } from '@livekit/protocol';

import type { LiveKitRoom, RoomPresence } from '../machines/ports/room-gateway.js';

export function decodeRoom({ name, sid, metadata, numParticipants, activeRecording }: Room): LiveKitRoom {
  return { name, sid, metadata, participants: numParticipants, activeRecording };
}

/** A recorder is told by what LiveKit says of it, never by its name: anybody may call himself `EG_…`. */
export function decodePresence({ identity, kind, permission }: ParticipantInfo): RoomPresence {
  // `permission.recorder` is deprecated in the schema, yet all that servers older than participant kinds have.
  return { identity, isEgress: kind === ParticipantInfo_Kind.EGRESS || permission?.recorder === true };
}
