import { randomBytes } from 'node:crypto';

import type { Logger } from '../../logging.js';
import type { EventBus, Wakeup } from '../../machines/kernel/event-bus.js';
import { createLocalBus } from '../../machines/kernel/event-bus.js';
import type { RedisClient } from './connection.js';
import type { OutageLog } from '../../outages.js';

export interface RedisBusOptions {
  publisher: RedisClient;
  /** Not connected yet. */
  subscriber: RedisClient;
  log: Logger;
  /** Hears of what happens to the publisher. */
  outages: OutageLog;
}

/** Shared with OpenVidu Meet, whose messages have the same shape and other types. */
const CHANNEL = 'ov_meet_channel';
const EVENT_TYPE = 'tally_wakeup';

/**
 * A bus that spans instances. Its own messages are delivered at once, whether Redis can be reached or not, and their echo
 * is ignored by its `origin`.
 */
export function createRedisBus({ publisher, subscriber, log, outages }: RedisBusOptions): EventBus {
  const local = createLocalBus();
  const origin = randomBytes(8).toString('hex');

  // At each connection anew: a subscription dies with its connection.
  subscriber.on('ready', () => {
    subscriber.subscribe(CHANNEL).catch((err: unknown) => log.warn({ err }, 'The wake-ups of other instances do not arrive'));
  });
  subscriber.on('message', (_channel: string, text: string) => {
    const message = parseMessage(text);
    if (message !== undefined && message.origin !== origin) local.publish(message.wakeup);
  });

  return {
    publish(wakeup) {
      local.publish(wakeup);
      publisher.publish(CHANNEL, JSON.stringify({ eventType: EVENT_TYPE, payload: wakeup, origin })).then(
        () => outages.worked(),
        (error: unknown) => outages.failed(error),
      );
    },
    subscribe(listener) {
      return local.subscribe((wakeup) => {
        try {
          listener(wakeup);
        } catch (err) {
          log.error({ err, ...wakeup }, 'A wake-up could not be handled');
        }
      });
    },
  };
}

/** undefined: another program's message, or none that can be understood. */
function parseMessage(text: string): { wakeup: Wakeup; origin: unknown } | undefined {
  try {
    const { eventType, payload, origin } = JSON.parse(text) as Record<string, unknown>;
    if (eventType !== EVENT_TYPE) return undefined;
    const { kind, key } = payload as Record<string, unknown>;
    return typeof kind === 'string' && typeof key === 'string' ? { wakeup: { kind, key }, origin } : undefined;
  } catch {
    return undefined;
  }
}
