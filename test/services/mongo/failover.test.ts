import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { poll } from '../../servers/index.js';
import { StoreUnavailableError, WriteOutcomeUnknownError } from '../../../src/errors.js';
import { systemClock } from '../../../src/clock.js';
import { createCommitter } from '../../../src/machines/kernel/committer.js';
import { nextWrites } from '../../../src/machines/kernel/document.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import type { Mongo } from '../../support/stores/open-mongo.js';
import { openMongo } from '../../support/stores/open-mongo.js';
import { buildRecording, withTally } from '../../contracts/documents.js';
import { dbName } from './support/names.js';
import { startMongoUnderTest, type MongoUnderTest } from './support/open-mongo.js';

// Time for elections, and for a member to find out that the member it replicates from hangs.
vi.setConfig({ testTimeout: 90_000 });

const limits = { serverSelectionTimeoutMs: 1_500, writeTimeoutMs: 1_500, socketTimeoutMs: 2_500 };
/** Every call must answer within this time on a busy machine. */
const answerWithinMs = 8_000;

let mongodb: MongoUnderTest;
let stores: Mongo;

beforeEach(async () => {
  mongodb = await startMongoUnderTest();
  stores = await mongodb.open({ limits });
});
afterEach(async () => {
  await stores.close();
  await mongodb.stop();
});

async function outcomeOf<Result>(call: Promise<Result>): Promise<{ result?: Result; error?: unknown; tookMs: number }> {
  const begunAt = performance.now();
  const outcome = await call.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  return { ...outcome, tookMs: performance.now() - begunAt };
}

async function added(uid: string): Promise<RecordingDocument> {
  const document = buildRecording(uid);
  expect(await stores.recordings.create(uid, document)).toEqual({ created: true });
  return document;
}

describe('the MongoDB store', () => {
  it.each<['is killed' | 'steps down']>([['is killed'], ['steps down']])(
    'keeps every acknowledged write and contains no refused write when its primary %s',
    async (how) => {
      const writers = Array.from({ length: 20 }, (_, index) => `w${index}`);
      for (const uid of writers) await added(uid);
      const ledger = { acknowledged: new Map<string, number>(), refused: new Set<string>(), unknown: 0, saves: 0 };
      let isOver = false;
      const running = writers.map((uid) => writeAndNote(uid, ledger, () => isOver));
      await pause(500);
      if (how === 'is killed') await (await mongodb.set.primary()).kill();
      else await mongodb.set.stepDown();
      const before = ledger.saves;
      await poll('writes go on', 30_000, () => ledger.saves > before + 200);
      isOver = true;
      await Promise.all(running);

      for (const uid of writers) {
        const stored = await stores.recordings.load(uid);
        expect(stored?.tally.version).toBeGreaterThanOrEqual(ledger.acknowledged.get(uid) ?? 1);
        const written = stored?.tally.effects.map(({ key }) => key) ?? [];
        expect(written.filter((nonce) => ledger.refused.has(nonce))).toEqual([]);
      }
    },
  );

  it('throws StoreUnavailableError from every call within 8 s when it has no primary', async () => {
    const document = await added('one');
    const [survivor] = mongodb.set.nodes;
    for (const node of mongodb.set.nodes) if (node !== survivor) await node.kill();
    await poll('the last one is no primary', 20_000, async () => {
      const { error } = await outcomeOf(stores.recordings.load('one'));
      return error instanceof StoreUnavailableError;
    });
    const calls: Record<string, () => Promise<unknown>> = {
      load: () => stores.recordings.load('one'),
      create: () => stores.recordings.create('two', buildRecording('two')),
      save: () => stores.recordings.save('one', withTally(document), 1),
      remove: () => stores.recordings.remove('one', 1),
      due: () => stores.recordings.due(1, 1),
      list: () => stores.recordings.list({}, 1),
      rooms: () => stores.rooms.load('room'),
      keys: () => stores.apiKeys.list(),
      addKey: () => stores.apiKeys.add({ key: 'k', creationDate: 1 }),
      open: () => openMongo({ uri: mongodb.set.uri, dbName, limits }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const { error, tookMs } = await outcomeOf(call());
      expect(error, name).toBeInstanceOf(StoreUnavailableError);
      expect((error as Error).cause, name).toBeDefined();
      expect(tookMs, name).toBeLessThan(answerWithinMs);
    }
  });

  it('throws WriteOutcomeUnknownError from a write to a hanging primary, and later writes go to a new primary', async () => {
    const document = await added('one');
    const primary = await mongodb.set.primary();
    primary.pause();
    const { error, tookMs } = await outcomeOf(stores.recordings.save('one', withTally(document), 1));
    expect(error).toBeInstanceOf(WriteOutcomeUnknownError);
    expect(tookMs).toBeLessThan(answerWithinMs);
    const saved = await poll('another takes over', 70_000, async () => {
      const current = await stores.recordings.load('one').catch(() => undefined);
      if (current === undefined) return undefined;
      return stores.recordings.save('one', withTally(current), current.tally.version).catch(() => undefined);
    });
    expect(saved).toBe(true);
    primary.resume();
  });
});

it('a MongoDB write that the majority cannot confirm throws WriteOutcomeUnknownError', async () => {
  const document = await added('one');
  const primary = await mongodb.set.primary();
  const others = mongodb.set.nodes.filter((node) => node !== primary);
  for (const node of others) node.pause();
  const { error, tookMs } = await outcomeOf(stores.recordings.save('one', withTally(document), 1));
  for (const node of others) node.resume();
  expect(error).toBeInstanceOf(WriteOutcomeUnknownError);
  expect(tookMs).toBeLessThan(answerWithinMs);
  const version = await poll('it can be read again', 30_000, async () =>
    stores.recordings.load('one').then(
      (stored) => stored?.tally.version,
      () => undefined,
    ),
  );
  expect([1, 2]).toContain(version);
});

it('a committer on MongoDB recognizes its own write that was confirmed late', async () => {
  await added('one');
  const primary = await mongodb.set.primary();
  const others = mongodb.set.nodes.filter((node) => node !== primary);
  const committer = createCommitter({
    store: stores.recordings,
    clock: systemClock,
    instance: 'one',
    machineVersion: 1,
    random: Math.random,
  });
  let tries = 0;
  for (const node of others) node.pause();
  const committed = await committer.commit('one', ({ document }, { nonce }) => {
    tries += 1;
    // The first write is only on the primary and not confirmed. From here on the majority can confirm it.
    if (tries === 2) for (const node of others) node.resume();
    if (document.details === 'done') return undefined;
    const { tally } = document;
    const next = { ...document, details: 'done', tally: { ...tally, version: tally.version + 1, ...nextWrites(tally, nonce) } };
    return { next, durable: false };
  });
  expect(tries).toBeGreaterThan(1);
  expect(committed).toMatchObject({ changed: true, after: { details: 'done' } });
  expect(committed).not.toHaveProperty('before.details');
  expect((await stores.recordings.load('one'))?.tally).toMatchObject({ version: 2, lastWrite: 'one:1' });
});

it('a closed MongoDB store throws StoreUnavailableError', async () => {
  const own = await mongodb.open({ limits });
  await own.close();
  await expect(own.recordings.load('one')).rejects.toThrow(StoreUnavailableError);
  await expect(own.recordings.create('one', buildRecording('one'))).rejects.toThrow(StoreUnavailableError);
  await expect(own.ping()).rejects.toThrow(StoreUnavailableError);
});

interface Ledger {
  acknowledged: Map<string, number>;
  /** Nonces of the writes that the store refused. */
  refused: Set<string>;
  unknown: number;
  saves: number;
}

/** Saves repeatedly, each time with a nonce that stays in the document, and notes the answers in `ledger`. */
async function writeAndNote(uid: string, ledger: Ledger, isOver: () => boolean): Promise<void> {
  for (let count = 0; !isOver(); count += 1) {
    const current = await stores.recordings.load(uid).catch(() => undefined);
    if (current === undefined) continue;
    const nonce = `${uid}:${count}`;
    const effects = [...current.tally.effects, { key: nonce, ...NO_EFFECT }].slice(-200);
    const { version } = current.tally;
    try {
      const saved = await stores.recordings.save(uid, withTally(current, { effects }), version);
      if (saved) ledger.acknowledged.set(uid, version + 1);
      else ledger.refused.add(nonce);
      ledger.saves += 1;
    } catch (error) {
      if (error instanceof StoreUnavailableError) ledger.refused.add(nonce);
      else if (error instanceof WriteOutcomeUnknownError) ledger.unknown += 1;
      else throw error;
    }
  }
}

const NO_EFFECT = { name: 'notify', params: {}, since: 1, attempts: 0, notBefore: 0, leaseUntil: 0, leasedBy: 'test' };
