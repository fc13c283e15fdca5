import { sha256, signToken } from '../wire/token.js';
import { toNanos } from '../clock.js';
import type { WebhookPayload } from './webhook-payload.js';

export interface SigningKey {
  apiKey: string;
  apiSecret: string;
}

export interface SignedBody {
  body: string;
  authorization: string;
}

/** The defect of a forged webhook. A receiver must reject all of them. */
export type Forgery = 'signature' | 'key' | 'body' | 'bearer' | 'no-exp';

/** Life of a webhook token. See livekit/protocol, `webhook/url_notifier.go`. */
const TTL_S = 300;

/** The body of a payload and its Authorization header: a bare token that contains the body's SHA-256. */
export function sign(payload: WebhookPayload, key: SigningKey, nowMs: number): SignedBody {
  const body = JSON.stringify(payload);
  return { body, authorization: authorize(body, key, nowMs) };
}

/** A webhook with a false claim that the egress failed. A receiver must reject it. */
export function forge(forgery: Forgery, genuine: WebhookPayload, key: SigningKey, nowMs: number): SignedBody {
  const egressInfo = { ...genuine.egressInfo, status: 'EGRESS_FAILED', endedAt: toNanos(nowMs).toString() };
  const body = JSON.stringify({ ...genuine, event: 'egress_ended', egressInfo });
  const claims = claimsOf(body, key.apiKey, nowMs);
  switch (forgery) {
    case 'signature':
      return { body, authorization: signToken(claims, `not-${key.apiSecret}`) };
    case 'key':
      return { body, authorization: signToken({ ...claims, iss: `not-${key.apiKey}` }, key.apiSecret) };
    case 'body':
      return { body, authorization: sign(genuine, key, nowMs).authorization };
    case 'bearer':
      return { body, authorization: `Bearer ${authorize(body, key, nowMs)}` };
    case 'no-exp':
      return { body, authorization: signToken({ iss: claims.iss, nbf: claims.nbf, sha256: claims.sha256 }, key.apiSecret) };
  }
}

function authorize(body: string, key: SigningKey, nowMs: number): string {
  return signToken(claimsOf(body, key.apiKey, nowMs), key.apiSecret);
}

function claimsOf(body: string, apiKey: string, nowMs: number) {
  const now = Math.floor(nowMs / 1000);
  return { iss: apiKey, iat: now, nbf: now, exp: now + TTL_S, sha256: sha256(body) };
}
