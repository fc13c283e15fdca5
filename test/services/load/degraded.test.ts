import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minioPassword, minioUser, poll, startMinio, type Minio } from '../../servers/index.js';
import { isFullSize } from '../../support/full-size.js';
import { createRandom } from '../../support/random.js';
import { outcomeOf } from '../support/recordings.js';
import type { Tally } from '../support/tally.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { inBatches } from './support/in-batches.js';
import { stopEverything } from './support/stop-everything.js';
import { startTraffic, tally, type Command, type Exchange, type Traffic } from './support/traffic.js';
import { overlapsOf } from './support/truth.js';

/** The length of each outage. At full size it is a realistic time until a server is restarted. */
const awayMs = isFullSize ? 30_000 : 12_000;
const rightWithinMs = 5_000;
const bucket = 'recordings-under-load';
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
/** Time for the outage, the load before and after it, and the return of a MongoDB replica set. */
const outageTimeoutMs = awayMs + 60_000;

interface Outage {
  readonly server: string;
  /** The name of the server in `/readyz`. */
  readonly dependency: 'store' | 'locks' | 'media' | 'livekit';
  /** The answers that each command may get during the outage. */
  readonly answers: Readonly<Record<Command, readonly string[]>>;
  /** Whether stopped recordings settle during the outage. */
  readonly endsMeanwhile: boolean;
  /** The name of the server in the log. */
  readonly logged: string;
  takeAway(): Promise<void>;
  bringBack(): Promise<void>;
}

describe(`two instances under load during an outage of ${awayMs / 1_000} s`, () => {
  let cluster: Cluster;
  let minio: Minio;
  const rows: string[] = [];

  beforeAll(async () => {
    process.stdout.write(`seed ${seed}\n`);
    minio = await startMinio();
    const credentials = { accessKeyId: minioUser, secretAccessKey: minioPassword };
    const s3 = new S3Client({ endpoint: minio.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    s3.destroy();
    const storage = {
      MEET_S3_SERVICE_ENDPOINT: minio.endpoint,
      MEET_S3_BUCKET: bucket,
      MEET_S3_ACCESS_KEY: minioUser,
      MEET_S3_SECRET_KEY: minioPassword,
    };
    cluster = await startCluster({ instances: 2, speed: 20, tallyEnv: storage, simulatorEnv: storage });
    return async () => {
      await cluster.stop();
      await minio.stop();
    };
  });

  afterAll(() => {
    process.stdout.write(`${rows.join('\n')}\n`);
  });

  const storageError = ['503 Storage Error'];
  const goesOn = { start: ['201'], stop: ['202'], media: ['206'] };
  const outages: readonly Outage[] = [
    {
      server: 'Redis',
      dependency: 'locks',
      answers: { ...goesOn, start: ['503 Lock Error'] },
      endsMeanwhile: true,
      logged: 'Redis',
      takeAway: () => cluster.redis.kill(),
      async bringBack() {
        await cluster.redis.startAgain();
      },
    },
    {
      server: 'MongoDB',
      dependency: 'store',
      answers: { start: storageError, stop: storageError, media: storageError },
      endsMeanwhile: false,
      logged: 'The store',
      async takeAway() {
        await Promise.all(cluster.mongo.nodes.map((node) => node.kill()));
      },
      async bringBack() {
        await Promise.all([...cluster.mongo.nodes].map((node) => cluster.mongo.startAgain(node)));
        await cluster.mongo.primary();
      },
    },
    {
      server: 'S3',
      dependency: 'media',
      // A stopped recording settles when LiveKit gives up the upload. Until then its room counts as recorded.
      answers: { ...goesOn, start: ['201', '409 Recording Error'], media: storageError },
      endsMeanwhile: true,
      logged: 'The media store',
      takeAway: () => minio.kill(),
      async bringBack() {
        await minio.startAgain();
      },
    },
    {
      server: 'LiveKit',
      dependency: 'livekit',
      // While an accepted stop cannot reach LiveKit, the room still counts as recorded.
      answers: { ...goesOn, start: ['503 LiveKit Error', '409 Recording Error'] },
      endsMeanwhile: false,
      logged: 'LiveKit',
      takeAway: () => cluster.liveKitGate.shut(),
      bringBack: () => cluster.liveKitGate.open(),
    },
  ];

  it.each(outages)(
    'give only the expected answers without $server, and work again within 5 s of its return',
    async (outage) => {
      const { client, clients, simulator, tallies } = cluster;
      const roomIds = await cluster.openRooms(16);
      const steadyRooms = await cluster.openRooms(5);
      const steady = await Promise.all(steadyRooms.map((roomId) => client.startRecording(roomId)));
      const watched = await recordOnce();
      const traffic = startTraffic({ clients, roomIds, random: createRandom(seed), thinkMs: 1_000, watched });
      await pause(3_000);

      await outage.takeAway();
      const goneAt = performance.now();
      await pause(awayMs / 2);
      const readiness = await Promise.all(tallies.map((each) => readyz(each)));
      const stoppedEarly = stopsBetween(traffic, goneAt, performance.now() - 5_000);
      await pause(awayMs / 2 - 1_000);
      const endedMeanwhile = outage.endsMeanwhile ? await outcomes(stoppedEarly) : [];
      await pause(1_000);
      const backSoonAt = performance.now();
      await outage.bringBack();
      const backAt = performance.now();
      await poll('every command is taken again', rightWithinMs, () => {
        const since = traffic.exchanges.filter(({ askedAt }) => askedAt > backAt);
        return (['start', 'stop', 'media'] as const).every((command) =>
          since.some((each) => each.command === command && goesOn[command].includes(String(each.status))),
        );
      });
      const leftMs = rightWithinMs - (performance.now() - backAt);
      await poll('what was stopped meanwhile is over', leftMs, async () =>
        (await outcomes(stopsBetween(traffic, 0, backAt))).every((status) => status !== 'ending' && status !== 'active'),
      );
      const rightAfterMs = performance.now() - backAt;
      await traffic.end();

      const meanwhile = traffic.exchanges.filter(({ askedAt, answeredAt }) => askedAt > goneAt && answeredAt < backSoonAt);
      const counts = tally(meanwhile);
      rows.push(
        `${outage.server}: ${[...counts]
          .sort()
          .map(([answer, count]) => `${count} × ${answer}`)
          .join(', ')}; ` + `right ${(rightAfterMs / 1_000).toFixed(1)} s after its return`,
      );
      const surprising = meanwhile.filter((each) => !outage.answers[each.command].includes(nameOf(each)) && !isLateCommand(each));
      expect(surprising.slice(0, 5)).toEqual([]);
      for (const command of ['start', 'stop', 'media'] as const) {
        expect([command, meanwhile.some((each) => each.command === command)]).toEqual([command, true]);
      }
      const retries = meanwhile.filter(({ status }) => status === 503).map(({ retryAfter, command }) => [command, retryAfter]);
      expect(retries.filter(([command, retryAfter]) => command === 'media' && retryAfter === '')).toEqual([]);
      for (const { status, report } of readiness) {
        expect(report[outage.dependency]).toMatchObject({ ok: false });
        expect(status).toBe(outage.dependency === 'store' ? 503 : 200);
      }
      const logs = await Promise.all(tallies.map(({ process }) => readFile(process.logFile, 'utf8')));
      const told = logs.map((text) =>
        [`${outage.logged} cannot be reached`, `${outage.logged} can be reached again`].map((line) => text.includes(line)),
      );
      expect(told).toEqual(logs.map(() => [true, true]));
      expect(endedMeanwhile.filter((status) => !['complete', 'failed'].includes(status))).toEqual([]);

      // No recording was lost or ended wrongly, and no instance was restarted.
      const steadyNow = await Promise.all(steady.map(({ recordingId }) => client.getRecording(recordingId)));
      expect(steadyNow.map(({ status }) => status)).toEqual(steady.map(() => 'active'));
      await stopEverything(cluster, [...roomIds, ...steadyRooms], 15_000);
      const egresses = new Map((await simulator.egresses()).map((egress) => [egress.egressId, egress]));
      const ended = await inBatches([...traffic.started], 16, (id) => client.getRecording(id));
      const wrong = ended.filter(({ recordingId, status }) => {
        const last = egresses.get(recordingId.split('--')[1] ?? '')?.states.at(-1)?.status;
        return `EGRESS_${status.toUpperCase()}` !== last;
      });
      expect(wrong).toEqual([]);
      expect(overlapsOf([...egresses.values()], Date.now())).toEqual([]);
      expect(tallies.map(({ process }) => process.isRunning())).toEqual(tallies.map(() => true));
    },
    outageTimeoutMs,
  );

  async function recordOnce(): Promise<string> {
    const [roomId = ''] = await cluster.openRooms(1);
    const { recordingId } = await cluster.client.startRecording(roomId);
    await cluster.client.stopRecording(recordingId);
    expect((await outcomeOf(cluster.client, recordingId, 10_000)).status).toBe('complete');
    return recordingId;
  }

  async function outcomes(recordingIds: readonly string[]): Promise<readonly string[]> {
    const recordings = await inBatches(recordingIds, 16, (id) => cluster.client.getRecording(id));
    return recordings.map(({ status }) => status);
  }
});

function stopsBetween({ exchanges }: Traffic, from: number, until: number): readonly string[] {
  return exchanges
    .filter((each) => each.command === 'stop' && each.status === 202 && each.askedAt > from && each.answeredAt < until)
    .map(({ recordingId }) => recordingId);
}

function nameOf({ status, error }: Exchange): string {
  return error === '' ? String(status) : `${status} ${error}`;
}

/** A user whose answer was lost repeats a stop that has already been accepted. */
function isLateCommand({ command, status }: Exchange): boolean {
  return status === 409 && command === 'stop';
}

async function readyz({ url }: Tally): Promise<{ status: number; report: Record<string, unknown> }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, report: (await response.json()) as Record<string, unknown> };
}
