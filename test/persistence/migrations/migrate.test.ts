import { beforeEach, describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../../src/errors.js';
import { JOB_LOCK_TTL_MS } from '../../../src/held-lock.js';
import type { JobLocks } from '../../../src/jobs/locks.js';
import { createLogger } from '../../../src/logging.js';
import { migrate } from '../../../src/persistence/migrations/migrate.js';
import type { Migration } from '../../../src/persistence/migrations/migration.js';
import { createGate, type Gate } from '../../support/gate.js';
import { createMemoryJobLocks } from '../../support/memory/memory-job-locks.js';
import { createTestClock, type TestClock } from '../../support/test-clock.js';

interface Line {
  msg: string;
  migration?: string;
  counts?: object;
  ms?: number;
}

let clock: TestClock;
let gate: Gate;
let locks: JobLocks;
let done: Set<string>;

beforeEach(() => {
  clock = createTestClock();
  gate = createGate();
  locks = createMemoryJobLocks({ gate, clock });
  done = new Set();
});

/** A migration that is needed until one instance has run it. */
function migration(name: string, work: Migration['run'] = () => Promise.resolve({ items: 3 })): Migration {
  return {
    name,
    isNeeded: () => Promise.resolve(!done.has(name)),
    async run(run) {
      const counts = await work(run);
      done.add(name);
      return counts;
    },
  };
}

/** Starts the migrations as one instance. `over` resolves when they are done, and `lines` is the instance's log. */
function start(...migrations: Migration[]) {
  const lines: Line[] = [];
  const stopping = new AbortController();
  const process = { lines, begun: 0, stop: () => stopping.abort(new Error('stopped')) };
  const log = createLogger({
    level: 'info',
    name: 'test',
    destination: { write: (line: string) => lines.push(JSON.parse(line) as Line) },
  });
  const onBegin = () => (process.begun += 1);
  return Object.assign(process, { over: migrate(migrations, { locks, clock, log, signal: stopping.signal, onBegin }) });
}

describe('the migrations', () => {
  it('run in order, and each logs its counts and its duration', async () => {
    const slow = migration('first', async () => {
      clock.advance(1_500);
      return { items: 7 };
    });
    const process = start(slow, migration('second'));
    await process.over;
    expect(process.lines.map(({ msg, migration, counts, ms }) => ({ msg, migration, counts, ms }))).toEqual([
      { msg: 'migration begins', migration: 'first' },
      { msg: 'migration is done', migration: 'first', counts: { items: 7 }, ms: 1_500 },
      { msg: 'migration begins', migration: 'second' },
      { msg: 'migration is done', migration: 'second', counts: { items: 3 }, ms: 0 },
    ]);
    expect(process.begun).toBeGreaterThan(0);
  });

  it('are checked at every start, and run again when they are needed again', async () => {
    for (const isUndone of [true, false, true]) {
      if (isUndone) done.clear();
      const process = start(migration('adoption'));
      await process.over;
      expect(process.begun > 0).toBe(isUndone);
      expect(process.lines).toHaveLength(isUndone ? 2 : 0);
    }
  });

  it('that take long log their progress every ten seconds', async () => {
    const long = migration('long', async ({ onBatch }) => {
      for (let items = 1; items <= 25; items += 1) {
        clock.advance(1_000);
        onBatch({ items });
      }
      return { items: 25 };
    });
    const process = start(long);
    await process.over;
    const told = process.lines.filter(({ msg }) => msg === 'migration goes on').map(({ counts }) => counts);
    expect(told).toEqual([{ items: 10 }, { items: 20 }]);
  });

  it('of two instances run once: the second instance reports migrating and waits until they are done', async () => {
    let finish = (): void => undefined;
    const running = new Promise<void>((resolve) => (finish = resolve));
    const first = start(migration('long', () => running.then(() => ({}))));
    await clock.run(0);
    const second = start(migration('long'));
    await clock.run(5 * JOB_LOCK_TTL_MS);
    expect([first.begun, done.size]).toEqual([1, 0]);
    expect(second.begun).toBeGreaterThan(0);
    finish();
    await first.over;
    await clock.run(1_000);
    await second.over;
    expect(second.lines).toEqual([]);
  });

  it('of a killed instance are taken over when its lock has expired', async () => {
    await locks.acquire('migrations', JOB_LOCK_TTL_MS);
    const process = start(migration('adoption'));
    await clock.run(JOB_LOCK_TTL_MS - 1_000);
    expect(done.size).toBe(0);
    await clock.run(2_000);
    await process.over;
    expect(done.size).toBe(1);
  });

  it('run without their lock when the lock store cannot be reached, and log this', async () => {
    gate.failNext('jobLocks.acquire', 'fail_before');
    const process = start(migration('adoption'));
    await process.over;
    expect(done.size).toBe(1);
    expect(process.lines[0]?.msg).toBe('the migrations run without their lock');
  });

  it('go on when their lock is lost, and log this', async () => {
    const long = migration('long', async () => {
      for (let count = 0; count < 12; count += 1) gate.failNext('jobLocks.extend', 'fail_before');
      await clock.run(2 * JOB_LOCK_TTL_MS);
      return {};
    });
    const process = start(long);
    await process.over;
    expect(process.lines.map(({ msg }) => msg)).toContain('the migrations go on without their lock');
    expect(done.size).toBe(1);
  });

  it('release their lock, whether they succeed or fail', async () => {
    await start(migration('good')).over;
    expect(await locks.acquire('migrations', 1)).toBeDefined();
    clock.advance(1);
    const failing = start(migration('bad', () => Promise.reject(new StoreUnavailableError('away'))));
    await expect(failing.over).rejects.toThrow(StoreUnavailableError);
    expect(await locks.acquire('migrations', 1)).toBeDefined();
    expect(clock.pending()).toBe(0);
  });

  it('begin no further migration when the program stops', async () => {
    const process = start(
      migration('first', () => {
        process.stop();
        return Promise.resolve({});
      }),
      migration('second'),
    );
    await expect(process.over).rejects.toThrow('stopped');
    expect([...done]).toEqual(['first']);
  });

  it("reject with the reason of the stop when the stop makes a migration's command fail", async () => {
    const process = start(
      migration('cut', () => {
        process.stop();
        return Promise.reject(new StoreUnavailableError('the connection is closed'));
      }),
    );
    await expect(process.over).rejects.toThrow('stopped');
  });

  it('that wait for another instance end at once when the program stops', async () => {
    await locks.acquire('migrations', JOB_LOCK_TTL_MS);
    const process = start(migration('adoption'));
    await clock.run(2_000);
    process.stop();
    await expect(process.over).rejects.toThrow('stopped');
    expect(clock.pending()).toBe(0);
  });
});
