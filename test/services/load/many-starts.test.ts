import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { isFullSize } from '../../support/full-size.js';
import { leftRunning } from '../../support/invariants.js';
import { createRandom } from '../../support/random.js';
import type { TallyClient } from '../support/tally-client.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { overlapsOf } from './support/truth.js';

const starts = isFullSize ? 10_000 : 300;
const rooms = isFullSize ? 500 : 25;
const users = isFullSize ? 64 : 8;
/** The number of recordings that a user keeps running before it stops the oldest, so that most rooms are taken. */
const keptRunning = isFullSize ? 5 : 2;
/** An instance that pauses between its claim and its call may cause a second egress, which is stopped within this time. */
const longestOverlapMs = 15_000;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
/** Time for ten thousand starts and some thousand recordings on two cores, at full size. */
const manyTimeoutMs = 600_000;

describe(`${starts} starts in ${rooms} rooms through four instances`, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({
      instances: 4,
      speed: 20,
      tallyEnv: { TALLY_LOCK_GC_INTERVAL_MS: '1000', TALLY_LOCK_GRACE_MS: '1000', MEET_LOG_LEVEL: 'warn' },
    });
    return () => cluster.stop();
  });

  it(
    'never record a room twice for longer than 15 s, although Redis loses its data and restarts meanwhile',
    async () => {
      const { clients, redis, simulator } = cluster;
      process.stdout.write(`seed ${seed}\n`);
      const roomIds = await cluster.openRooms(rooms);
      const answers = new Map<string, number>();
      const begunAt = performance.now();
      let asked = 0;
      let faults = Promise.resolve();

      async function use(index: number): Promise<void> {
        const random = createRandom(seed + index);
        const any = (): TallyClient => {
          return clients[random.below(clients.length)] ?? cluster.client;
        };
        const mine: string[] = [];
        while (asked < starts) {
          asked += 1;
          if (asked === starts * 0.4) faults = faults.then(() => redis.flush());
          if (asked === starts * 0.6) faults = faults.then(restartRedis);
          // A few rooms get most of the starts.
          const roomId = roomIds[Math.floor(rooms * random.next() ** 2)] ?? '';
          const { status, text } = await any().tryStart(roomId);
          answers.set(String(status), (answers.get(String(status)) ?? 0) + 1);
          if (status !== 201) continue;
          mine.push((JSON.parse(text) as { recordingId: string }).recordingId);
          const oldest = mine.length > keptRunning ? mine.shift() : undefined;
          if (oldest !== undefined) await stop(any(), oldest);
        }
        for (const recordingId of mine) await stop(any(), recordingId);
      }

      await Promise.all(Array.from({ length: users }, (_, index) => use(index)));
      await faults;
      const seconds = (performance.now() - begunAt) / 1_000;
      await poll('nothing records any more', 15_000, async () => leftRunning(await simulator.egresses()).length === 0, 500);

      const egresses = await simulator.egresses();
      const overlaps = overlapsOf(egresses, Date.now());
      const told = [...answers].sort().map(([status, count]) => `${count} × ${status}`);
      process.stdout.write(`${starts} starts in ${seconds.toFixed(0)} s: ${told.join(', ')}; ${egresses.length} egresses\n`);
      process.stdout.write(`${overlaps.length} overlaps, the longest ${Math.max(0, ...overlaps.map(({ ms }) => ms))} ms\n`);
      expect(overlaps.filter(({ ms }) => ms > longestOverlapMs)).toEqual([]);
      expect([...answers.keys()].filter((status) => !['201', '409', '503'].includes(status))).toEqual([]);
      expect(answers.get('201')).toBeGreaterThan(rooms);
      const again = await Promise.all(roomIds.slice(0, 50).map((roomId) => cluster.client.tryStart(roomId)));
      expect(new Set(again.map(({ status }) => status))).toEqual(new Set([201]));
    },
    manyTimeoutMs,
  );

  async function restartRedis(): Promise<void> {
    await cluster.redis.kill();
    await cluster.redis.startAgain();
  }

  async function stop(tally: TallyClient, recordingId: string): Promise<void> {
    const { status } = await tally.tryStop(recordingId);
    expect(status).toBe(202);
  }
});
