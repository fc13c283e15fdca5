import type { Capability } from '../route/capability.js';
import type { HttpMiddleware } from '../route/context.js';
import type { LiveKitDeps } from './deps.js';
import { receiveWebhook } from './receive-webhook.js';
import { isWebhookPath } from './webhook-path.js';

const foldSlashes: HttpMiddleware = (ctx, next) => {
  if (isWebhookPath(ctx.path)) ctx.path = '/livekit/webhook';
  return next();
};

export function livekitCapability(deps: LiveKitDeps): Capability {
  return { middleware: [foldSlashes], routes: [receiveWebhook(deps)] };
}
