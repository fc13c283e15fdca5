import { ParticipantInfo_Kind, type ParticipantInfo, type Room } from '@livekit/protocol';

import type { LiveKitRoom, RoomPresence } from '../machines/ports/room-gateway.js';

export function decodeRoom({ name, sid, metadata, numParticipants, activeRecording }: Room): LiveKitRoom {
  return { name, sid, metadata, participants: numParticipants, activeRecording };
}

/** LiveKit's own fields identify a recorder, not its identity, because any participant may be named `EG_…`. */
export function decodePresence({ identity, kind, permission }: ParticipantInfo): RoomPresence {
  // `permission.recorder` is deprecated, but it is the only mark of a recorder on servers without participant kinds.
  return { identity, isEgress: kind === ParticipantInfo_Kind.EGRESS || permission?.recorder === true };
}
