import { EgressStatus, type WebhookEvent } from '@livekit/protocol';
import type { Forgery } from '../scripts/script.js';
import { sha256, signToken } from '../api/token.js';

export interface SigningKey {
  apiKey: string;
  apiSecret: string;
}

export interface SignedBody {
  body: string;
  authorization: string;
}

/** A webhook token lives this long. See livekit/protocol, `webhook/url_notifier.go`. */
const TTL_S = 300;

/** The Authorization header of a webhook body: a bare token over its SHA-256. */
export function authorize(body: string, key: SigningKey, nowMs: number): string {
  return signToken(claimsOf(body, key.apiKey, nowMs), key.apiSecret);
}

/** A webhook that claims the egress failed, and that no receiver may believe. */
export function forge(forgery: Forgery, genuine: WebhookEvent, key: SigningKey, nowMs: number): SignedBody {
  const lie = genuine.clone();
  lie.event = 'egress_ended';
  if (lie.egressInfo) {
    lie.egressInfo.status = EgressStatus.EGRESS_FAILED;
    lie.egressInfo.updatedAt += 1n;
  }
  const body = lie.toJsonString();
  return { body, authorization: forgedAuthorization(forgery, { body, genuineBody: genuine.toJsonString() }, key, nowMs) };
}

function forgedAuthorization(
  forgery: Forgery,
  bodies: { body: string; genuineBody: string },
  key: SigningKey,
  nowMs: number,
): string {
  const { body, genuineBody } = bodies;
  const claims = claimsOf(body, key.apiKey, nowMs);
  switch (forgery) {
    case 'signature':
      return signToken(claims, `not-${key.apiSecret}`);
    case 'key':
      return signToken({ ...claims, iss: `not-${key.apiKey}` }, key.apiSecret);
    case 'body':
      return authorize(genuineBody, key, nowMs);
    case 'bearer':
      return `Bearer ${authorize(body, key, nowMs)}`;
    case 'no-exp':
      return signToken({ iss: claims.iss, nbf: claims.nbf, sha256: claims.sha256 }, key.apiSecret);
  }
}

function claimsOf(body: string, apiKey: string, nowMs: number) {
  const now = Math.floor(nowMs / 1000);
  return { iss: apiKey, iat: now, nbf: now, exp: now + TTL_S, sha256: sha256(body) };
}
