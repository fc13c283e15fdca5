import type { Capability } from '../route/capability.js';
import type { LiveKitDeps } from './deps.js';
import { receiveWebhook } from './receive-webhook.js';

export function livekitCapability(deps: LiveKitDeps): Capability {
  return { routes: [receiveWebhook(deps)] };
}
