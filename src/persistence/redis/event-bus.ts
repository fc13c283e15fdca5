import { randomBytes } from 'node:crypto';

import type { Logger } from '../../logging.js';
import type { EventBus, Wakeup } from '../../machines/kernel/event-bus.js';
import { createLocalBus } from '../../machines/kernel/event-bus.js';
import type { RedisClient } from './connection.js';
import type { OutageLog } from '../../outages.js';

export interface RedisBusOptions {
  publisher: RedisClient;
  /** A client for the subscription, not connected yet. */
  subscriber: RedisClient;
  log: Logger;
  /** Receives each success and failure of the publisher, for the log. */
  outages: OutageLog;
}

/** The channel is shared with OpenVidu Meet, whose messages have the same shape but other event types. */
const CHANNEL = 'ov_meet_channel';
const EVENT_TYPE = 'tally_wakeup';

/**
 * An event bus between instances. A listener gets its own instance's wake-ups at once, even without Redis; their echo from Redis
 * is recognised by `origin` and ignored.
 */
export function createRedisBus({ publisher, subscriber, log, outages }: RedisBusOptions): EventBus {
  const local = createLocalBus();
  const origin = randomBytes(8).toString('hex');

  // Subscribe again at each new connection, because a subscription ends with its connection.
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

/** @returns undefined if the message is from another program or malformed */
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
