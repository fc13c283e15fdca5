import { ParticipantInfo_Kind, type ParticipantInfo } from '@livekit/protocol';
import { isRecorder } from '../rooms/participants.js';
import type { LiveRoom } from '../rooms/rooms.js';

/** A room as the control interface shows it: participants, recorders and received data packets. */
export function presentRoom({ info, participants, packets }: LiveRoom) {
  const connected = [...participants.values()];
  return {
    name: info.name,
    sid: info.sid,
    metadata: info.metadata,
    activeRecording: info.activeRecording,
    participants: connected.filter((participant) => !isRecorder(participant)).map(presentParticipant),
    recorders: connected.filter(isRecorder).map(({ identity }) => identity),
    packets,
  };
}

function presentParticipant({ identity, name, kind, tracks }: ParticipantInfo) {
  return { identity, name, kind: ParticipantInfo_Kind[kind], publishes: tracks.length > 0 };
}
