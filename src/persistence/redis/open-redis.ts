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
  /** Dates the locks; default: the system's. */
  clock?: Clock;
}

export interface OpenRedis {
  roomLocks: RoomLocks;
  jobLocks: JobLocks;
  bus: EventBus;
  /**
   * Hear of each new connection. Its Redis may be a replica, or restarted from a file, and lack the newest locks.
   *
   * @returns a function that ends the subscription
   */
  onConnected(listener: () => void): () => void;
  /** Of both connections' server. */
  outages: OutageLog;
  /** @throws LocksUnavailableError no answer within a second (retryable) */
  ping(): Promise<unknown>;
  /** Ends both connections. Calls that come later fail as in an outage. */
  close(): Promise<void>;
}

/**
 * Two connections, one for commands and one that listens. A Redis that cannot be reached is no failure here: it is logged,
 * calls fail until it is back, and nothing has to be done then.
 *
 * @throws InvalidInputError settings that contradict each other
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
      // Keeps the idle connection honest too: a silent one is replaced. Its messages are hints, so it spoils no answer.
      subscriber.ping().catch(() => undefined);
      return ask(() => commands.ping());
    },
    async close() {
      await Promise.all([disconnect(commands), disconnect(subscriber)]);
    },
  };
}
