import getRawBody from 'raw-body';

import { TallyError, toError } from '../../errors.js';
import type { Logger } from '../../logging.js';
import type { ApiRouter, HttpContext, HttpMiddleware } from '../route/context.js';
import type { LiveKitEvents } from '../deps.js';
import { unreadableBody } from '../server/errors.js';

const LIMIT = '1mb';

/** What became of the webhooks so far. */
export interface WebhookCounts {
  handled: number;
  ignored: number;
  rejected: number;
  failed: number;
}

interface WebhookDeps {
  livekitEvents: LiveKitEvents;
  log: Logger;
  counts: WebhookCounts;
}

/** LiveKit signs the raw bytes, so no parser may see them first. The answer waits for the commit. */
export function livekitWebhook(router: ApiRouter, { livekitEvents, log, counts }: WebhookDeps): void {
  router.post('/livekit/webhook', readWebhook(counts), answerFailures(log, counts), async (ctx) => {
    const event = await livekitEvents.verify(ctx.state.rawBody ?? '', ctx.headers.authorization);
    await livekitEvents.handle(event);
    counts.handled += 1;
  });
}

/** What is no webhook by its type is none of ours: 200, unread. */
function readWebhook(counts: WebhookCounts): HttpMiddleware {
  return async (ctx, next) => {
    ctx.state.route = 'livekit.webhook';
    answerEmpty(ctx as HttpContext, 200);
    if (ctx.is('application/webhook+json') === false) {
      counts.ignored += 1;
      return;
    }
    const body = await getRawBody(ctx.req, { length: ctx.headers['content-length'] ?? null, limit: LIMIT }).catch(unreadableBody);
    ctx.state.rawBody = body.toString();
    await next();
  };
}

/**
 * 401: not LiveKit. 503: LiveKit shall repeat. What cannot succeed by repeating is logged and answered 200, for LiveKit
 * holds back what follows until an event is taken.
 */
function answerFailures(log: Logger, counts: WebhookCounts): HttpMiddleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (thrown) {
      const error = toError(thrown);
      const { requestId } = ctx.state;
      if (error instanceof TallyError && error.code === 'webhook.rejected') {
        counts.rejected += 1;
        log.warn({ requestId, reason: error.message, rejected: counts.rejected }, 'webhook rejected');
        answerEmpty(ctx as HttpContext, 401);
        return;
      }
      counts.failed += 1;
      if (error instanceof TallyError && error.retryable) {
        ctx.state.error = error;
        answerEmpty(ctx as HttpContext, 503);
        return;
      }
      log.error({ requestId, err: error, failed: counts.failed }, 'webhook failed');
    }
  };
}

function answerEmpty(ctx: HttpContext, status: number): void {
  ctx.body = null;
  ctx.status = status;
}
