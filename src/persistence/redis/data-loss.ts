import { randomBytes } from 'node:crypto';

import { Cluster } from 'ioredis';

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

/** Notices that Redis, or a node of a cluster, has lost what it held, or may have. */
export interface DataLossWatch {
  /** The first look; what was lost before it nobody is told of. */
  start(): Promise<void>;
  /** @returns a function that ends the subscription; safe to call twice */
  onLost(listener: () => void): () => void;
  stop(): void;
}

/** A key that everybody leaves alone: gone or another's value means that all was gone in between. */
const MARKER = 'ov_meet_tally_marker';
/** Up to eight nodes of a cluster, with equal shares of the slots, hold one each at least; of more nodes most do. */
const CLUSTER_MARKERS = 16;
const INTERVAL_MS = 2_000;

export function createDataLossWatch({ client, clock, log }: DataLossOptions): DataLossWatch {
  const listeners = new Set<() => void>();
  const markers =
    client instanceof Cluster ? Array.from({ length: CLUSTER_MARKERS }, (_, index) => `${MARKER}:${String(index)}`) : [MARKER];
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
      const current = (await ask(() => Promise.all(markers.map(read)))).join();
      const isLost = seen !== undefined && seen !== current;
      seen = current;
      if (isLost) log.warn('Redis has lost its data');
      return isLost;
    } catch {
      return false; // an outage, which the connection tells of
    }
  }

  /** The marker's value; a missing one is set. */
  async function read(marker: string): Promise<string> {
    const present = await client.get(marker);
    if (present !== null) return present;
    const drawn = randomBytes(8).toString('hex');
    const isSet = await client.set(marker, drawn, 'NX');
    return isSet === 'OK' ? drawn : ((await client.get(marker)) ?? '');
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
