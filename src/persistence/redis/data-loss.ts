import { randomBytes } from 'node:crypto';

import type { Clock } from '../../clock.js';
import type { Logger } from '../../logging.js';
import { ask } from './ask.js';
import type { RedisClient } from './connection.js';

export interface DataLossOptions {
  /** Not connected yet. */
  client: RedisClient;
  clock: Clock;
  log: Logger;
}

/** Notices that Redis has lost what it held, or may have. In a cluster it sees the loss of one node only. */
export interface DataLossWatch {
  /** The first look; what was lost before it nobody is told of. */
  start(): Promise<void>;
  /** @returns a function that ends the subscription; safe to call twice */
  onLost(listener: () => void): () => void;
  stop(): void;
}

/** A key that everybody leaves alone: gone or another's value means that all was gone in between. */
const MARKER = 'ov_meet_tally_marker';
const INTERVAL_MS = 2_000;

export function createDataLossWatch({ client, clock, log }: DataLossOptions): DataLossWatch {
  const listeners = new Set<() => void>();
  let seen: string | undefined;
  let isStarted = false;
  let cancel = (): void => undefined;

  client.on('ready', () => {
    // The Redis of a new connection may be a replica, or restarted from a file, and lack the newest locks.
    if (isStarted) void look().then(tell);
  });

  /** @returns whether everything was lost since the look before */
  async function look(): Promise<boolean> {
    try {
      const current = await ask(marker);
      const isLost = seen !== undefined && seen !== current;
      seen = current;
      if (isLost) log.warn('Redis has lost its data');
      return isLost;
    } catch {
      return false; // an outage, which the connection tells of
    }
  }

  async function marker(): Promise<string> {
    const present = await client.get(MARKER);
    if (present !== null) return present;
    const drawn = randomBytes(8).toString('hex');
    const isSet = await client.set(MARKER, drawn, 'NX');
    return isSet === 'OK' ? drawn : ((await client.get(MARKER)) ?? '');
  }

  function tell(): void {
    for (const listener of [...listeners]) listener();
  }

  function lookLater(): void {
    cancel = clock.after(INTERVAL_MS, () => {
      void look().then((isLost) => {
        if (isLost) tell();
        if (isStarted) lookLater();
      });
    });
  }

  return {
    async start() {
      await look();
      isStarted = true;
      lookLater();
    },
    onLost(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    stop() {
      isStarted = false;
      cancel();
    },
  };
}
