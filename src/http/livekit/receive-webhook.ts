import getRawBody from 'raw-body';

import { TallyError } from '../../errors.js';
import { NO_CONTENT } from '../route/answers.js';
import { BodyTooLargeError, MalformedBodyError, unreadableBody } from '../route/body.js';
import type { HttpContext } from '../route/context.js';
import { post } from '../route/route.js';
import type { LiveKitDeps } from './deps.js';

const LIMIT = '1mb';
const TAKEN = { status: 200 } as const;
const WEBHOOK_TYPE = 'application/webhook+json';

/**
 * Takes in one webhook of LiveKit. LiveKit signs the raw bytes, so no parser may read them first. The answer waits for the commit.
 *
 * 401: the webhook is not LiveKit's. 503: LiveKit shall repeat it. An event that cannot succeed by repeating is logged and answered
 * 200, because LiveKit holds back the later events of the same room until one is taken.
 */
export const receiveWebhook = ({ livekitEvents, log }: LiveKitDeps) => {
  const counts = { rejected: 0, failed: 0 };
  return post('livekit.webhook', '/livekit/webhook')
    .doing('taking in a webhook')
    .recovers((error, { state }) => {
      const { requestId } = state;
      if (isUnreadable(error)) return undefined;
      if (error instanceof TallyError && error.code === 'webhook.rejected') {
        counts.rejected += 1;
        log.warn({ requestId, reason: error.message, rejected: counts.rejected }, 'webhook rejected');
        return { status: 401 };
      }
      counts.failed += 1;
      if (error instanceof TallyError && error.retryable) {
        state.error = error;
        return { status: 503 };
      }
      log.error({ requestId, err: error, failed: counts.failed }, 'webhook failed');
      return { status: 200 };
    })
    .fails('http.malformed_body', 'http.body_too_large')
    .answers({ 200: NO_CONTENT, 401: NO_CONTENT, 503: NO_CONTENT }, async (_gathered, ctx) => {
      // Another type is no webhook: it is answered unread.
      if (ctx.is(WEBHOOK_TYPE) !== false) {
        const rawBody = await readRaw(ctx);
        await livekitEvents.handle(await livekitEvents.verify(rawBody, ctx.headers.authorization));
      }
      ctx.body = null;
      return TAKEN;
    });
};

function isUnreadable(error: Error): boolean {
  return error instanceof MalformedBodyError || error instanceof BodyTooLargeError;
}

async function readRaw(ctx: HttpContext): Promise<string> {
  const length = ctx.headers['content-length'] ?? null;
  const body = await getRawBody(ctx.req, { length, limit: LIMIT }).catch(unreadableBody);
  return body.toString();
}
