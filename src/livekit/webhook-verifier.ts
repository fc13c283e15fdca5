import { createHash, timingSafeEqual } from 'node:crypto';

import { WebhookEvent } from '@livekit/protocol';
import { TokenVerifier } from 'livekit-server-sdk';

import { TallyError } from '../errors.js';
import type { LiveKitEvent } from '../machines/reconcile/intake.js';
import { decodeEgress } from './egress-decoder.js';
import { decodeRoom } from './room-decoder.js';

/** Tolerated difference between LiveKit's clock and ours, seconds. */
const CLOCK_TOLERANCE_S = 60;

/** The webhook is not LiveKit's: its signature, key, lifetime or body hash is wrong. Not retryable. */
export class WebhookRejectedError extends TallyError {
  constructor(message: string, cause?: unknown) {
    super('webhook.rejected', 'unauthorized', message, { cause });
  }
}

export interface WebhookVerifier {
  /**
   * @param rawBody the unparsed body, because LiveKit signs its bytes
   * @param authorization the header's value: a bare token, without `Bearer`
   * @returns `ignored` for events that Tally does not use, and for a signed body that cannot be decoded
   * @throws WebhookRejectedError
   */
  verify(rawBody: string, authorization: string | undefined): Promise<LiveKitEvent>;
}

/**
 * Authenticates incoming webhooks as the SDK's `WebhookReceiver` does. The receiver throws the same error for a forged body and
 * for a signed body that it cannot decode; here the latter is `ignored`, because LiveKit's repetition would fail again.
 *
 * @see livekit/node-sdks, packages/livekit-server-sdk/src/WebhookReceiver.ts
 */
export function createWebhookVerifier({ apiKey, apiSecret }: { apiKey: string; apiSecret: string }): WebhookVerifier {
  const tokens = new TokenVerifier(apiKey, apiSecret);

  async function authenticate(rawBody: string, authorization: string | undefined): Promise<void> {
    if (authorization === undefined || authorization === '') throw new WebhookRejectedError('The webhook carries no token');
    const claims = await tokens.verify(authorization, CLOCK_TOLERANCE_S).catch((error: unknown) => {
      throw new WebhookRejectedError("The webhook's token is not valid", error);
    });
    if (!isHashOf(claims.sha256, rawBody)) throw new WebhookRejectedError("The webhook's body is not the one that was signed");
  }

  return {
    async verify(rawBody, authorization) {
      await authenticate(rawBody, authorization);
      return toEvent(parse(rawBody));
    },
  };
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
