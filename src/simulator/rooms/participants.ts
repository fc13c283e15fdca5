import {
  ParticipantInfo,
  ParticipantInfo_Kind,
  ParticipantInfo_State,
  ParticipantPermission,
  TrackInfo,
  TrackSource,
  TrackType,
} from '@livekit/protocol';
import { newId } from '../ids.js';

/** An ordinary participant that has just connected. */
export function createGuest(identity: string, name: string, nowMs: number): ParticipantInfo {
  return connected(identity, nowMs, {
    name,
    permission: new ParticipantPermission({ canSubscribe: true, canPublish: true, canPublishData: true }),
  });
}

/** The hidden participant of an egress. Its identity is the egress id. */
export function createRecorder(egressId: string, nowMs: number): ParticipantInfo {
  const permission = new ParticipantPermission({ canSubscribe: true, hidden: true, recorder: true });
  return connected(egressId, nowMs, { kind: ParticipantInfo_Kind.EGRESS, permission });
}

export function createCameraTrack(): TrackInfo {
  const picture = { width: 1280, height: 720, mimeType: 'video/VP8' };
  return new TrackInfo({ sid: newId('TR_VC'), type: TrackType.VIDEO, source: TrackSource.CAMERA, ...picture });
}

export function isRecorder({ kind }: ParticipantInfo): boolean {
  return kind === ParticipantInfo_Kind.EGRESS;
}

function connected(identity: string, nowMs: number, rest: Partial<ParticipantInfo>): ParticipantInfo {
  const participant = new ParticipantInfo({ sid: newId('PA_'), identity, state: ParticipantInfo_State.ACTIVE });
  participant.joinedAt = BigInt(Math.floor(nowMs / 1000));
  participant.joinedAtMs = BigInt(nowMs);
  return Object.assign(participant, rest);
}
