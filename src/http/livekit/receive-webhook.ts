import getRawBody from 'raw-body';

import { TallyError, toError } from '../../errors.js';
import type { Logger } from '../../logging.js';
import { webhookFailed, webhookHandled, webhookIgnored, webhookPostponed, webhookRejected } from '../../observability/events.js';
import { NO_CONTENT } from '../route/answers.js';
import { BodyTooLargeError, MalformedBodyError, unreadableBody } from '../route/body.js';
import type { HttpContext, HttpState } from '../route/context.js';
import { post } from '../route/route.js';
import type { LiveKitDeps } from './deps.js';

/** A webhook carries whole rooms, participants and egress requests. LiveKit itself sets no limit. */
const LIMIT = '5mb';
const RECEIVED = { status: 200 } as const;
const WEBHOOK_TYPES = ['application/webhook+json', 'application/json'];

/**
 * Receives one webhook of LiveKit: its token first, then the body. LiveKit signs the raw bytes, so no parser may read them first. The
 * answer waits for the commit.
 *
 * 401: the webhook is not from our LiveKit. 503: LiveKit must repeat it. An event that would fail again is logged and answered 200,
 * because LiveKit holds back the later events of a room while it repeats an earlier one.
 */
export const receiveWebhook = ({ livekitEvents, log }: LiveKitDeps) =>
  post('livekit.webhook', '/livekit/webhook')
    .doing('receiving a webhook')
    .fails('http.malformed_body', 'http.body_too_large')
    .answers({ 200: NO_CONTENT, 401: NO_CONTENT, 503: NO_CONTENT }, async (_gathered, ctx) => {
      const { requestId } = ctx.state;
      ctx.body = null;
      if (ctx.is(WEBHOOK_TYPES) === false) {
        webhookIgnored(log, { requestId });
        return RECEIVED;
      }
      try {
        const read = await livekitEvents.verify(ctx.headers.authorization);
        const event = read(await readRaw(ctx));
        await livekitEvents.handle(event);
        webhookHandled(log, { requestId, kind: event.kind });
        return RECEIVED;
      } catch (thrown) {
        return answerTo(toError(thrown), ctx.state, log);
      }
    });

function answerTo(error: Error, state: HttpState, log: Logger): { status: 200 | 401 | 503 } {
  const { requestId } = state;
  if (error instanceof MalformedBodyError || error instanceof BodyTooLargeError) throw error;
  if (error instanceof TallyError && error.code === 'webhook.rejected') {
    webhookRejected(log, { requestId, reason: error.message });
    return { status: 401 };
  }
  if (error instanceof TallyError && error.retryable) {
    state.error = error;
    webhookPostponed(log, { requestId, err: error });
    return { status: 503 };
  }
  webhookFailed(log, { requestId, err: error });
  return RECEIVED;
}

async function readRaw(ctx: HttpContext): Promise<string> {
  const length = ctx.headers['content-length'] ?? null;
  const body = await getRawBody(ctx.req, { length, limit: LIMIT }).catch(unreadableBody);
  return body.toString();
}
