import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { EgressInfo, ParticipantInfo, Room, TrackInfo } from '@livekit/protocol';
import { newId } from '../ids.js';

/** The body of a webhook before it is written: camelCase, defaults left out, int64 as strings. */
export interface WebhookPayload {
  event: string;
  room?: JsonObject;
  participant?: JsonObject;
  track?: JsonObject;
  egressInfo?: JsonObject;
  id: string;
  /** Seconds, when the server queued it. */
  createdAt: string;
}

/** What an event is about; each is shown as it is at this moment. */
export interface Subject {
  room?: Room | { sid: string; name: string };
  participant?: ParticipantInfo | { sid: string; identity: string };
  track?: TrackInfo;
  egressInfo?: EgressInfo;
}

/** A payload with an id of its own. Built as plain JSON: an event is made for every change of every egress. */
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

/** The same payload as another event. */
export function restamped(payload: WebhookPayload, nowMs: number): WebhookPayload {
  return { ...payload, ...stamp(nowMs) };
}

/** The same event as a server with another clock sends it. */
export function skewed(payload: WebhookPayload, nowMs: number): WebhookPayload {
  return { ...payload, createdAt: stamp(nowMs).createdAt };
}

function stamp(nowMs: number): { id: string; createdAt: string } {
  return { id: newId('EV_'), createdAt: String(Math.floor(nowMs / 1000)) };
}

function toJson(part: { toJson(): JsonValue } | { sid: string; name: string } | { sid: string; identity: string }): JsonObject {
  return 'toJson' in part ? (part.toJson() as JsonObject) : part;
}
