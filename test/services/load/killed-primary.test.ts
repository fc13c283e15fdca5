import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { isFullSize } from '../../support/full-size.js';
import { createRandom } from '../../support/random.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { inBatches } from './support/in-batches.js';
import { stopEverything } from './support/stop-everything.js';
import { startTraffic, tally } from './support/traffic.js';
import { overlapsOf } from './support/truth.js';

const kills = isFullSize ? 3 : 1;
/** With this many rooms and `thinkMs`, a small machine makes some fifty starts and stops a second. */
const rooms = 60;
const thinkMs = 700;
/** Time between two kills, in which the killed member returns and the load goes on. */
const calmMs = 5_000;
const rightWithinMs = 15_000;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
/** Time for up to three elections under load, and for the pauses between them. */
const killsTimeoutMs = 180_000;

describe(`two instances under load while MongoDB's primary is killed, ${kills} times,`, () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ instances: 2, speed: 40, tallyEnv: { MEET_LOG_LEVEL: 'warn' } });
    return () => cluster.stop();
  });

  it(
    'lose no acknowledged command, record no room twice, and work again within 15 s of each new primary',
    async () => {
      const { mongo, simulator, clients, client } = cluster;
      process.stdout.write(`seed ${seed}\n`);
      const roomIds = await cluster.openRooms(rooms);
      const traffic = startTraffic({ clients, roomIds, random: createRandom(seed), thinkMs });
      const begunAt = performance.now();
      await pause(calmMs);
      for (let kill = 1; kill <= kills; kill += 1) {
        const lost = await mongo.primary();
        const stoppedBefore = [...traffic.stopped];
        await lost.kill();
        const killedAt = performance.now();
        await mongo.primary();
        const electedAt = performance.now();
        await poll('everything that was stopped before is over', rightWithinMs, async () => {
          const recordings = await inBatches(stoppedBefore, 16, (id) => client.getRecording(id).catch(() => undefined));
          return recordings.every((recording) => recording?.status === 'complete');
        });
        const answers = () => traffic.exchanges.filter(({ askedAt }) => askedAt > electedAt);
        const doneSince = (command: string, status: number) =>
          answers().some((each) => each.command === command && each.status === status);
        const leftMs = rightWithinMs - (performance.now() - electedAt);
        await poll('starts and stops go on', leftMs, () => doneSince('start', 201) && doneSince('stop', 202));
        const rightAt = performance.now();
        process.stdout.write(
          `kill ${kill}: a new primary after ${seconds(electedAt - killedAt)}, right ${seconds(rightAt - electedAt)} later\n`,
        );
        await mongo.startAgain(lost);
        await pause(calmMs);
      }
      await traffic.end();
      const tookMs = performance.now() - begunAt;

      const told = [...tally(traffic.exchanges)].sort().map(([answer, count]) => `${count} × ${answer}`);
      const rate = (traffic.exchanges.length / tookMs) * 1_000;
      process.stdout.write(`${rate.toFixed(0)} starts and stops a second: ${told.join(', ')}\n`);
      // A start whose record took too long to write is refused with 503 instead of calling LiveKit.
      expect(traffic.exchanges.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);

      await stopEverything(cluster, roomIds, rightWithinMs);
      const egresses = await simulator.egresses();
      expect(overlapsOf(egresses, Date.now())).toEqual([]);
      const known = new Map(egresses.map((egress) => [egress.egressId, egress]));
      const recorded = await inBatches([...traffic.started], 16, (id) => client.getRecording(id));
      expect(recorded.filter(({ status }) => status !== 'complete')).toEqual([]);
      // Every acknowledged start began an egress, and every acknowledged stop ended one.
      expect([...traffic.started].filter((id) => known.get(id.split('--')[1] ?? '')?.liveFrom === undefined)).toEqual([]);
      expect([...traffic.stopped].filter((id) => known.get(id.split('--')[1] ?? '')?.liveTo === undefined)).toEqual([]);
    },
    killsTimeoutMs,
  );
});

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
