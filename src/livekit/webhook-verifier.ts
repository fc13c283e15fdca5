import { createHash, timingSafeEqual } from 'node:crypto';

import { WebhookEvent } from '@livekit/protocol';
import { TokenVerifier } from 'livekit-server-sdk';

import { TallyError } from '../errors.js';
import type { LiveKitEvent } from '../machines/reconcile/intake.js';
import { decodeEgress } from './egress-decoder.js';
import { decodeRoom } from './room-decoder.js';

/** Tolerated difference between LiveKit's clock and ours, seconds. */
const CLOCK_TOLERANCE_S = 60;

/** The webhook is not LiveKit's: its signature, key, lifetime or body hash is wrong, as the message says. Not retryable. */
export class WebhookRejectedError extends TallyError {
  constructor(message: string, cause?: unknown) {
    super('webhook.rejected', 'unauthorized', message, { cause });
  }
}

export interface WebhookVerifier {
  /**
   * Check the token, before a byte of the body is read.
   *
   * @param authorization the header's value: a bare token, without `Bearer`
   * @returns reads the body that was signed, given unparsed, because LiveKit signs its bytes: `ignored` for events that Tally does not
   *   use, and for a body that cannot be decoded. It throws WebhookRejectedError when another body was signed
   * @throws WebhookRejectedError
   */
  verify(authorization: string | undefined): Promise<(rawBody: string) => LiveKitEvent>;
}

/**
 * Authenticates incoming webhooks as the SDK's `WebhookReceiver` does. The receiver throws the same error for a forged body and
 * for a signed body that it cannot decode; here the latter is `ignored`, because LiveKit's repetition would fail again.
 *
 * @see livekit/node-sdks, packages/livekit-server-sdk/src/WebhookReceiver.ts
 */
export function createWebhookVerifier({ apiKey, apiSecret }: { apiKey: string; apiSecret: string }): WebhookVerifier {
  const tokens = new TokenVerifier(apiKey, apiSecret);

  return {
    async verify(authorization) {
      if (authorization === undefined || authorization === '') throw new WebhookRejectedError('The webhook carries no token');
      const { sha256 } = await tokens.verify(authorization, CLOCK_TOLERANCE_S).catch((error: unknown) => {
        throw new WebhookRejectedError(refusalOf(error), error);
      });
      return (rawBody) => {
        if (!isHashOf(sha256, rawBody)) throw new WebhookRejectedError("The webhook's body is not the one that was signed");
        return toEvent(parse(rawBody));
      };
    },
  };
}

/** The reason why `jose`, on which the SDK relies, refused a token, and its remedy. */
function refusalOf(error: unknown): string {
  const { code, claim } = error as { code?: unknown; claim?: unknown };
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED')
    return "The webhook is signed with another secret: compare LIVEKIT_API_SECRET with LiveKit's own";
  if (claim === 'iss') return "The webhook is signed by another key: compare LIVEKIT_API_KEY with LiveKit's webhook.api_key";
  if (code === 'ERR_JWT_EXPIRED') return "The webhook's token has expired: compare the clocks of LiveKit and of this machine";
  if (claim === 'nbf') return "The webhook's token is not valid yet: compare the clocks of LiveKit and of this machine";
  return "The webhook's token was not made by LiveKit";
}

function isHashOf(claimed: unknown, body: string): boolean {
  const expected = Buffer.from(createHash('sha256').update(body).digest('base64'));
  const actual = Buffer.from(typeof claimed === 'string' ? claimed : '');
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function parse(rawBody: string): WebhookEvent | undefined {
  try {
    return WebhookEvent.fromJsonString(rawBody, { ignoreUnknownFields: true });
  } catch {
    return undefined;
  }
}

function toEvent(event: WebhookEvent | undefined): LiveKitEvent {
  const name = event?.event ?? '';
  const ignored: LiveKitEvent = { kind: 'ignored', name };
  switch (name) {
    case 'egress_started':
    case 'egress_updated':
    case 'egress_ended': {
      const egress = event?.egressInfo === undefined ? undefined : decodeEgress(event.egressInfo);
      return egress === undefined ? ignored : { kind: 'egress', name, egress };
    }
    case 'room_started':
    case 'room_finished':
      return event?.room === undefined ? ignored : { kind: name, room: decodeRoom(event.room) };
    default:
      return ignored;
  }
}
