import { ParticipantInfo_Kind, type ParticipantInfo } from '@livekit/protocol';
import { isRecorder } from '../rooms/participants.js';
import type { LiveRoom } from '../rooms/rooms.js';

/** A room as the control interface shows it: its people, its recorders, and what was sent into it. */
export function presentRoom({ info, participants, packets }: LiveRoom) {
  const everybody = [...participants.values()];
  return {
    name: info.name,
    sid: info.sid,
    metadata: info.metadata,
    activeRecording: info.activeRecording,
    participants: everybody.filter((participant) => !isRecorder(participant)).map(presentParticipant),
    recorders: everybody.filter(isRecorder).map(({ identity }) => identity),
    packets,
  };
}

function presentParticipant({ identity, name, kind, tracks }: ParticipantInfo) {
  return { identity, name, kind: ParticipantInfo_Kind[kind], publishes: tracks.length > 0 };
}
