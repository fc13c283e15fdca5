import type { Capability } from '../route/capability.js';
import type { HttpMiddleware } from '../route/context.js';
import type { LiveKitDeps } from './deps.js';
import { receiveWebhook } from './receive-webhook.js';

/** LiveKit's configuration takes any URL, also one that ends or is joined with a slash too many. */
const foldSlashes: HttpMiddleware = (ctx, next) => {
  if (/^\/+livekit\/+webhook\/*$/i.test(ctx.path)) ctx.path = '/livekit/webhook';
  return next();
};

export function livekitCapability(deps: LiveKitDeps): Capability {
  return { middleware: [foldSlashes], routes: [receiveWebhook(deps)] };
}
