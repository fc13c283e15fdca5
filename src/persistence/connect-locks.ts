import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import type { Logger } from '../logging.js';
import { createLocalBus } from '../machines/kernel/event-bus.js';
import { createOutageLog } from '../outages.js';
import type { LmdbDatabase } from './lmdb/database.js';
import { createLocalJobLocks } from './local-job-locks.js';
import { readAuthorities } from './redis/authorities.js';
import type { OpenRedis } from './redis/open-redis.js';

/** Locks and event bus, in Redis or in this process. */
export type Locks = OpenRedis;

export interface LockOptions {
  clock: Clock;
  log: Logger;
  /** The embedded database; it contains the embedded room locks. */
  lmdb: LmdbDatabase | undefined;
}

/**
 * Open the configured locks and their event bus. An unreachable Redis does not make this fail.
 *
 * @throws InvalidInputError the settings contradict each other, or the file of Redis's authorities cannot be used
 */
export async function connectLocks(locks: Config['locks'], { clock, log, lmdb }: LockOptions): Promise<Locks> {
  if (locks.kind === 'embedded') {
    if (lmdb === undefined) throw new Error('the embedded locks are not open');
    const { roomLocks } = lmdb;
    return {
      roomLocks,
      jobLocks: createLocalJobLocks({ clock }),
      bus: createLocalBus(),
      onConnected: () => () => undefined,
      ping: () => roomLocks.list(),
      outages: createOutageLog(log, 'The locks'),
      close: () => Promise.resolve(),
    };
  }
  const { openRedis } = await import('./redis/open-redis.js');
  const { kind: _real, clusterNodes, tls, ...target } = locks;
  return openRedis({
    ...target,
    ...(clusterNodes !== undefined && { cluster: clusterNodes }),
    ...(tls !== undefined && { tls: tls.caFile === undefined ? {} : { ca: await readAuthorities(tls.caFile) } }),
    log: log.child({ part: 'redis' }),
    clock,
  });
}
