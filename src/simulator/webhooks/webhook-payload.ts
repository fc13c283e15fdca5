import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { EgressInfo, ParticipantInfo, Room, TrackInfo } from '@livekit/protocol';
import { newId } from '../ids.js';

/** The body of a webhook as JSON: camelCase, without defaults, int64 as strings. */
export interface WebhookPayload {
  event: string;
  room?: JsonObject;
  participant?: JsonObject;
  track?: JsonObject;
  egressInfo?: JsonObject;
  id: string;
  /** Seconds since the epoch at which the server queued the event. */
  createdAt: string;
}

/** The subject of an event, in its current state. */
export interface Subject {
  room?: Room | { sid: string; name: string };
  participant?: ParticipantInfo | { sid: string; identity: string };
  track?: TrackInfo;
  egressInfo?: EgressInfo;
}

/** A payload with a new id. It is plain JSON, which is cheap: every change of every egress creates an event. */
export function createPayload(event: string, { room, participant, track, egressInfo }: Subject, nowMs: number): WebhookPayload {
  return {
    event,
    ...(room && { room: toJson(room) }),
    ...(participant && { participant: toJson(participant) }),
    ...(track && { track: toJson(track) }),
    ...(egressInfo && { egressInfo: toJson(egressInfo) }),
    ...stamp(nowMs),
  };
}

/** The same payload as a new event: with another id and time. */
export function restamped(payload: WebhookPayload, nowMs: number): WebhookPayload {
  return { ...payload, ...stamp(nowMs) };
}

/** The same event with the time of another clock. */
export function skewed(payload: WebhookPayload, nowMs: number): WebhookPayload {
  return { ...payload, createdAt: stamp(nowMs).createdAt };
}

function stamp(nowMs: number): { id: string; createdAt: string } {
  return { id: newId('EV_'), createdAt: String(Math.floor(nowMs / 1000)) };
}

function toJson(part: { toJson(): JsonValue } | { sid: string; name: string } | { sid: string; identity: string }): JsonObject {
  return 'toJson' in part ? (part.toJson() as JsonObject) : part;
}
