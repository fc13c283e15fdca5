import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { createRandom } from '../../support/random.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { inBatches } from './support/in-batches.js';
import { stopEverything } from './support/stop-everything.js';
import { startTraffic, tally } from './support/traffic.js';
import { overlapsOf } from './support/truth.js';

/** The longest time from SIGTERM to the end of the process. */
const endsWithinMs = 10_000;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
/** Time for the load before and after the stop, and for the stop. */
const gracefulTimeoutMs = 90_000;

describe('an instance that receives SIGTERM under load', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ instances: 2, speed: 20, tallyEnv: { MEET_LOG_LEVEL: 'warn', TALLY_DRAIN_MS: '1000' } });
    return () => cluster.stop();
  });

  it(
    'answers the requests that it has received and exits with 0, and the other instance goes on with all recordings',
    async () => {
      const { clients, simulator, tallies } = cluster;
      const [leaving, staying] = tallies;
      if (leaving === undefined || staying === undefined) throw new Error('two instances are needed');
      process.stdout.write(`seed ${seed}\n`);
      const roomIds = await cluster.openRooms(40);
      const traffic = startTraffic({ clients, roomIds, random: createRandom(seed), thinkMs: 300 });
      await pause(3_000);
      process.kill(leaving.process.pid, 'SIGTERM');
      const toldAt = performance.now();
      expect(await leaving.process.exited).toBe(0);
      const endedAt = performance.now();
      expect(endedAt - toldAt).toBeLessThan(endsWithinMs);
      await poll('the other goes on', 20_000, () =>
        ['start', 'stop'].every((command) =>
          traffic.exchanges.some(
            (each) => each.command === command && each.askedAt > endedAt && each.status < 300 && each.status > 0,
          ),
        ),
      );
      await traffic.end();

      const told = [...tally(traffic.exchanges)].sort().map(([answer, count]) => `${count} × ${answer}`);
      process.stdout.write(`ended ${((endedAt - toldAt) / 1_000).toFixed(1)} s after SIGTERM: ${told.join(', ')}\n`);
      // A connection may close just when a request is sent on it. Every request sent before SIGTERM is answered.
      const cut = traffic.exchanges.filter((each) => each.client === 0 && each.askedAt < toldAt && each.status === 0);
      expect(cut).toEqual([]);
      // Until it ends, the leaving instance answers new commands 503, so that their clients go to the other.
      const refused = ({ client, askedAt, status }: (typeof traffic.exchanges)[number]) =>
        client === 0 && askedAt > toldAt && status === 503;
      expect(traffic.exchanges.filter((each) => each.status >= 500 && !refused(each))).toEqual([]);

      const open = await inBatches([...traffic.stopped], 16, (id) => staying.client.getRecording(id));
      expect(open.filter(({ status }) => status === 'active')).toEqual([]);
      await stopEverything({ ...cluster, client: staying.client }, roomIds, 15_000);
      const ended = await inBatches([...traffic.started], 16, (id) => staying.client.getRecording(id));
      expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['complete']));
      expect(overlapsOf(await simulator.egresses(), Date.now())).toEqual([]);
    },
    gracefulTimeoutMs,
  );
});
