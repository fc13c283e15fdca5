import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { isFullSize } from '../../support/full-size.js';
import { isRunning, leftRunning } from '../../support/invariants.js';
import type { Recording } from '../support/tally-client.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { inBatches } from './support/in-batches.js';
import { overlapsOf } from './support/truth.js';

const live = isFullSize ? 500 : 200;
const stopped = 60;
const roomsOver = 40;
const starting = 20;
/** The other instance must have finished the work of the killed instance after this time. */
const repairedWithinMs = 15_000;
/** Time to open, record and stop five hundred rooms on two cores. */
const killTimeoutMs = 120_000;

describe('two instances with hundreds of recordings, of which one instance is killed,', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ instances: 2, speed: 10, tallyEnv: { MEET_LOG_LEVEL: 'warn' } });
    return () => cluster.stop();
  });

  it(
    'finish every acknowledged stop and every start within 15 s, and the other recordings go on',
    async () => {
      const [killed, survivor] = cluster.tallies;
      if (killed === undefined || survivor === undefined) throw new Error('two instances are needed');
      const { simulator } = cluster;
      const roomIds = await cluster.openRooms(live + starting);
      const recordings = await inBatches(roomIds.slice(0, live), 32, (roomId, index) =>
        (index % 2 === 0 ? killed : survivor).client.startRecording(roomId),
      );
      expect(new Set(recordings.map(({ status }) => status))).toEqual(new Set(['active']));
      const runningBefore = (await simulator.egresses()).filter(isRunning);
      expect(runningBefore).toHaveLength(live);

      const acknowledged = new Set<string>();
      const cutOff = [
        ...recordings.slice(0, stopped).map(async ({ recordingId }) => {
          const answer = await killed.client.tryStop(recordingId).catch(() => undefined);
          if (answer?.status === 202) acknowledged.add(recordingId);
        }),
        ...roomIds.slice(live).map((roomId) => killed.client.tryStart(roomId).catch(() => undefined)),
        ...roomIds.slice(stopped, stopped + roomsOver).map((roomId) => simulator.deleteRoom(roomId)),
      ];
      await poll('it is in the middle of it', 10_000, () => acknowledged.size >= stopped / 6, 2);
      await killed.process.kill();
      const killedAt = performance.now();
      await Promise.all(cutOff);

      let seen: readonly Recording[] = [];
      const wrong = async (): Promise<readonly string[]> => {
        const [egresses, lists] = await Promise.all([
          simulator.egresses(),
          inBatches(roomIds, 32, (roomId) => survivor.client.listRecordings(roomId)),
        ]);
        seen = lists.flat();
        return differences(seen, new Set(egresses.filter(isRunning).map(({ egressId }) => egressId)), acknowledged);
      };
      await poll('all of it is right', repairedWithinMs, async () => (await wrong()).length === 0, 250).catch(
        async (error: unknown) => {
          throw new Error(`still wrong: ${(await wrong()).slice(0, 10).join('; ')}`, { cause: error });
        },
      );
      process.stdout.write(
        `${live} recordings, ${acknowledged.size} stops acknowledged by the killed instance; all right after ` +
          `${((performance.now() - killedAt) / 1_000).toFixed(1)} s\n`,
      );

      const outcomes = new Set(seen.filter(({ status }) => status !== 'active').map(({ status }) => status));
      expect(outcomes).toEqual(new Set(['complete']));
      expect(overlapsOf(await simulator.egresses(), Date.now())).toEqual([]);
      const active = seen.filter(({ status }) => status === 'active');
      const stops = await inBatches(active, 32, ({ recordingId }) => survivor.client.tryStop(recordingId));
      expect(new Set(stops.map(({ status }) => status))).toEqual(new Set([202]));
      await poll('nothing records', 15_000, async () => leftRunning(await simulator.egresses()).length === 0, 250);
    },
    killTimeoutMs,
  );
});

/** Lists the differences between Tally's records and LiveKit's egresses, and the acknowledged stops that are not done. */
function differences(
  recordings: readonly Recording[],
  running: ReadonlySet<string>,
  acknowledged: ReadonlySet<string>,
): readonly string[] {
  const wrong: string[] = [];
  const active = new Set<string>();
  for (const { recordingId, status } of recordings) {
    const egressId = recordingId.split('--')[1] ?? '';
    if (status === 'starting' || status === 'ending') wrong.push(`${recordingId} is ${status}`);
    if (status === 'active') active.add(egressId);
    if (status === 'active' && !running.has(egressId)) wrong.push(`${recordingId} is active and records nothing`);
    if (status === 'active' && acknowledged.has(recordingId)) wrong.push(`${recordingId} was stopped`);
  }
  for (const egressId of running) if (!active.has(egressId)) wrong.push(`${egressId} records for nobody`);
  return wrong;
}
