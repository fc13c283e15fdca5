import type { RequestListener } from 'node:http';

import { isWebhookPath } from '../livekit/webhook-path.js';
import { answerNotReady } from '../probes/not-ready.js';
import { probeOf } from '../probes/probe-of.js';

/** The requests of an instance, up to the last one. */
export interface Drain {
  answer: RequestListener;
  /** From now on `/readyz` says that the instance stops, so that balancers send it no new clients. */
  announce(): void;
  /**
   * From now on only LiveKit's webhooks and the probes are served: a start that is under way needs the webhooks.
   *
   * @returns resolves when every command that came before is answered or its client is gone. Reads do not count, because a player may
   *   take hours.
   */
  finish(): Promise<void>;
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @param serve serves every request until the instance stops */
export function createDrain(serve: RequestListener): Drain {
  let phase: 'serving' | 'announced' | 'finishing' = 'serving';
  let commands = 0;
  let finished = (): void => undefined;

  return {
    answer(request, response) {
      const { url = '', method = '' } = request;
      const isWebhook = isWebhookPath(url);
      if ((phase === 'finishing' && !isWebhook) || (phase === 'announced' && probeOf(url) === 'readyz')) {
        answerNotReady('stopping', request, response);
        return;
      }
      if (!isWebhook && !READS.has(method)) {
        commands += 1;
        response.once('close', () => {
          commands -= 1;
          if (commands === 0) finished();
        });
      }
      serve(request, response);
    },
    announce() {
      phase = 'announced';
    },
    async finish() {
      phase = 'finishing';
      if (commands > 0) await new Promise<void>((resolve) => (finished = resolve));
    },
  };
}
