import { systemClock, type Clock } from '../../clock.js';
import type { JobLocks } from '../../jobs/locks.js';
import type { Logger } from '../../logging.js';
import type { EventBus } from '../../machines/kernel/event-bus.js';
import type { RoomLocks } from '../../machines/ports/room-locks.js';
import { createAsk } from './ask.js';
import { connect, createClient, disconnect, type RedisTarget } from './connection.js';
import { createRedisBus } from './event-bus.js';
import { createRedisJobLocks } from './job-locks.js';
import { createLocker } from './locker.js';
import { createOutageLog, type OutageLog } from '../../outages.js';
import { createRedisRoomLocks } from './room-locks.js';

export interface RedisSettings extends RedisTarget {
  log: Logger;
  /** The clock for the dates of locks and for time limits. Default: the system clock. */
  clock?: Clock;
}

export interface OpenRedis {
  roomLocks: RoomLocks;
  jobLocks: JobLocks;
  bus: EventBus;
  /**
   * Subscribe to new connections. The Redis server may be a promoted replica or restarted from a file, and lack the newest locks.
   *
   * @returns a function that ends the subscription
   */
  onConnected(listener: () => void): () => void;
  /** The log of Redis outages, as the connection for commands sees them. */
  outages: OutageLog;
  /** Write a key by a script, as locks do. @throws LocksUnavailableError no answer within a second, or a refusal (retryable) */
  ping(): Promise<unknown>;
  /** Close both connections. Later calls fail as in an outage. */
  close(): Promise<void>;
}

/** A full Redis refuses to write, and a user may lack the right to run scripts: a plain PING would say nothing about both. */
const WRITE = "return redis.call('SET', KEYS[1], '', 'PX', 1000)";
/** Under the prefix of the locks, to which a user may be limited. No lock has this name, and no list of room locks finds it. */
const READINESS_KEY = 'ov_meet_lock:tally_readiness';

/**
 * Open two connections, for commands and for subscriptions. An unreachable Redis does not make this fail: it is logged, calls
 * fail until Redis is back, and then work again by themselves.
 *
 * @throws InvalidInputError the settings contradict each other
 */
export async function openRedis({ log, clock = systemClock, ...target }: RedisSettings): Promise<OpenRedis> {
  const outages = createOutageLog(log, 'Redis');
  const commands = createClient(target, outages);
  const subscriber = createClient(target, createOutageLog(log, 'The message channel of Redis'));
  const ask = createAsk(clock);
  const locker = createLocker(commands);
  const bus = createRedisBus({ publisher: commands, subscriber, log, outages });
  await Promise.all([connect(commands, clock), connect(subscriber, clock)]);

  return {
    roomLocks: createRedisRoomLocks(commands, locker, ask, clock),
    jobLocks: createRedisJobLocks(locker, ask),
    bus,
    outages,
    onConnected(listener) {
      commands.on('ready', listener);
      return () => {
        commands.off('ready', listener);
      };
    },
    async ping() {
      // Checks the idle subscriber too, so that a silent connection is replaced. Its failure does not make `ping` fail.
      subscriber.ping().catch(() => undefined);
      return ask(() => commands.eval(WRITE, 1, READINESS_KEY));
    },
    async close() {
      await Promise.all([disconnect(commands), disconnect(subscriber)]);
    },
  };
}
