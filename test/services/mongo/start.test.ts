import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poll, startRedis } from '../../servers/index.js';
import { buildOnce, BUILD_TIMEOUT_MS, builtFile } from '../../support/apps/build-once.js';
import { freePort, startChild, type RunningChild } from '../../support/apps/child-process.js';
import { createDataFolder } from '../../support/stores/data-folder.js';
import { isFullSize } from '../../support/full-size.js';
import { buildForeignRecording, buildForeignRoom } from './support/foreign-documents.js';
import { dbName } from './support/names.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';
import { startProbes, type Probe } from './support/probes.js';
import { startSlowLink, type SlowLink } from './support/slow-link.js';

/** At the small size, one hundredth of the documents is adopted over a slow link, so that the adoption takes seconds too. */
const DOCUMENTS = isFullSize ? 100_000 : 1_000;
const BYTES_PER_SECOND = isFullSize ? Infinity : 200_000;
const PROBE_EVERY_MS = isFullSize ? 1_000 : 200;
const TEST_TIMEOUT_MS = isFullSize ? 900_000 : 120_000;
/** The longest time from SIGTERM to the end of the process. */
const ENDS_WITHIN_MS = 10_000;

let mongodb: MongoUnderTest;
let link: SlowLink;
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  await buildOnce();
  mongodb = await startMongoUnderTest();
  return () => mongodb.stop();
}, BUILD_TIMEOUT_MS);
beforeEach(async () => {
  await mongodb.db.dropDatabase();
  const { address } = await mongodb.set.primary();
  link = await startSlowLink(Number(address.split(':')[1]), BYTES_PER_SECOND);
  undo.push(() => link.close());
});
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

const recordings = () => mongodb.db.collection('meetrecordings');
const rooms = () => mongodb.db.collection('meetrooms');
/** Counts the adopted documents, without the demo room, which Tally creates itself. */
const adoptedCount = async () =>
  (await recordings().countDocuments({ uid: { $ne: null } })) +
  (await rooms().countDocuments({ tally: { $ne: null }, roomName: 'Weekly' }));

/** Inserts rooms of OpenVidu Meet with nine recordings each. */
async function fill(): Promise<void> {
  const count = DOCUMENTS / 10;
  for (let from = 0; from < count; from += 1_000) {
    const numbers = Array.from({ length: Math.min(1_000, count - from) }, (_, index) => from + index);
    await rooms().insertMany(numbers.map((number) => buildForeignRoom(`room-${number}`)));
    await recordings().insertMany(
      numbers.flatMap((number) =>
        Array.from({ length: 9 }, (_, index) =>
          buildForeignRecording((number * 9 + index).toString(16).padStart(10, '0'), {
            roomId: `room-${number}`,
            startDate: index,
          }),
        ),
      ),
    );
  }
}

interface Instance {
  url: string;
  start(): RunningChild;
}

/** Prepares an instance of Tally on the database behind the slow link. */
async function prepareInstance(env: Record<string, string> = {}): Promise<Instance> {
  const [port, folder] = [await freePort(), await createDataFolder()];
  let child: RunningChild | undefined;
  undo.push(folder.remove, () => child?.end('SIGKILL'));
  return {
    url: `http://127.0.0.1:${port}`,
    start() {
      child = startChild(builtFile('main.js'), [], {
        SERVER_PORT: String(port),
        TALLY_SIMULATOR_PORT: '0',
        TALLY_DATA_DIR: folder.path,
        MEET_MONGO_URI: `mongodb://127.0.0.1:${link.port}/?directConnection=true`,
        MEET_MONGO_DB_NAME: dbName,
        ...env,
      });
      return child;
    },
  };
}

/** The counts that an instance logged for each run of this migration. */
function migratedBy(child: RunningChild, name: string): unknown[] {
  const lines = child.stderr().split('\n').filter(Boolean);
  const parsed = lines.map((line) => JSON.parse(line) as { msg: string; migration?: string; counts?: unknown });
  return parsed.filter(({ msg, migration }) => msg === 'migration is done' && migration === name).map(({ counts }) => counts);
}

function expectStarting(seen: readonly Probe[]): void {
  expect(new Set(seen.map(({ livez }) => livez))).toEqual(new Set([200]));
  const words = seen.map(({ readyz, status }) => (readyz === 200 ? 'ready' : `${readyz} ${status ?? ''}`));
  const inOrder = words.filter((word, index) => word !== words[index - 1]);
  expect(['503 starting', '503 migrating', 'ready'].filter((word) => inOrder.includes(word))).toEqual(inOrder);
  expect(inOrder).toContain('503 migrating');
}

describe(`a start that adopts ${DOCUMENTS} documents`, () => {
  it(
    'answers all probes, with "migrating" until it is ready, also after a kill half-way and a restart',
    async () => {
      await fill();
      const instance = await prepareInstance();
      const begunAt = performance.now();
      const first = instance.start();
      const before = await startProbes(instance.url, PROBE_EVERY_MS);
      await poll('half is adopted', TEST_TIMEOUT_MS, async () => (await adoptedCount()) >= DOCUMENTS / 2, 20);
      const kill = first.end('SIGKILL');
      await before.stop();
      await kill;
      expectStarting(before.seen);
      const left = DOCUMENTS - (await adoptedCount());
      expect(left).toBeGreaterThan(0);

      const second = instance.start();
      const after = await startProbes(instance.url, PROBE_EVERY_MS);
      await poll('it migrates', TEST_TIMEOUT_MS, () => after.seen.some(({ status }) => status === 'migrating'));
      const refused = await fetch(`${instance.url}/api/v1/rooms`);
      expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '2']);
      await after.ready;
      const readyAfterMs = performance.now() - begunAt;
      await after.stop();
      expectStarting(after.seen);
      expect(after.seen.at(-1)?.readyz).toBe(200);
      expect(await adoptedCount()).toBe(DOCUMENTS);
      const [counts] = migratedBy(second, 'v1_documents') as [{ recordings: number; rooms: number }];
      expect(counts.recordings + counts.rooms).toBe(left);
      process.stdout.write(
        `${DOCUMENTS} documents, killed with ${left} left: ready ${(readyAfterMs / 1_000).toFixed(1)} s after the first start; ` +
          `${before.seen.length + after.seen.length} rounds of probes answered\n`,
      );
    },
    TEST_TIMEOUT_MS,
  );
});

describe.skipIf(isFullSize)('a start that adopts documents', () => {
  it('exits with 0 within ten seconds of SIGTERM, and the next start adopts the rest', async () => {
    await fill();
    const instance = await prepareInstance();
    const child = instance.start();
    const probes = await startProbes(instance.url, PROBE_EVERY_MS);
    await poll('it has adopted some', TEST_TIMEOUT_MS, async () => (await adoptedCount()) > 0, 20);
    const stopping = child.end('SIGTERM');
    await probes.stop();
    const begunAt = performance.now();
    expect(await stopping).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(ENDS_WITHIN_MS);
    expect(child.stdout()).toBe('');
    expect(await adoptedCount()).toBeLessThan(DOCUMENTS);

    const next = instance.start();
    await next.printed(/^Tally {2}http/m);
    expect(await adoptedCount()).toBe(DOCUMENTS);
    expect((await next.end('SIGTERM')).code).toBe(0);
  });

  it('runs in only one of two instances: the other answers "migrating" until the first is done', async () => {
    await fill();
    const redis = await startRedis();
    undo.push(() => redis.stop());
    const env = { MEET_REDIS_HOST: '127.0.0.1', MEET_REDIS_PORT: String(redis.port), MEET_REDIS_PASSWORD: '' };
    const instances = [await prepareInstance(env), await prepareInstance(env)];
    const children = instances.map((instance) => instance.start());
    const probes = await Promise.all(instances.map(({ url }) => startProbes(url, PROBE_EVERY_MS)));
    await Promise.all(probes.map(({ ready }) => ready));
    for (const each of probes) {
      await each.stop();
      expectStarting(each.seen);
    }
    const counts = children.flatMap((child) => migratedBy(child, 'v1_documents'));
    expect(counts).toEqual([{ recordings: (DOCUMENTS / 10) * 9, rooms: DOCUMENTS / 10, superseded: 0 }]);
  });

  it('adopts them without its lock when Redis cannot be reached', async () => {
    await fill();
    const env = { MEET_REDIS_HOST: '127.0.0.1', MEET_REDIS_PORT: String(await freePort()), MEET_REDIS_PASSWORD: '' };
    const child = (await prepareInstance(env)).start();
    await child.printed(/^Tally {2}http/m);
    expect(child.stderr()).toContain('the migrations run without their lock');
    expect(await adoptedCount()).toBe(DOCUMENTS);
  });
});
