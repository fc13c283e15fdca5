import { ParticipantInfo_Kind, ParticipantInfo_State, type ParticipantInfo, type Room } from '@livekit/protocol';

import { toId } from './ranges.js';
import type { LiveKitRoom, RoomPresence } from '../machines/ports/room-gateway.js';

export function decodeRoom({ name, sid, metadata, numParticipants, activeRecording }: Room): LiveKitRoom {
  return { name: toId(name), sid: toId(sid), metadata, participants: numParticipants, activeRecording };
}

/** Participants that give nothing to record. */
const WITHOUT_MEDIA: ReadonlySet<ParticipantInfo_Kind> = new Set([ParticipantInfo_Kind.EGRESS, ParticipantInfo_Kind.AGENT]);

/** LiveKit's own fields identify a recorder, not its identity, because any participant may be named `EG_…`. */
export function decodePresence({ identity, kind, state, permission }: ParticipantInfo): RoomPresence {
  // `permission.recorder` is deprecated, but it is the only mark of a recorder on servers without participant kinds.
  const isUnseen = permission?.recorder === true || permission?.hidden === true;
  return { identity, isSomebody: !isUnseen && !WITHOUT_MEDIA.has(kind) && state !== ParticipantInfo_State.DISCONNECTED };
}
