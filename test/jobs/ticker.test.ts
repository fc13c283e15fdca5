import { cp, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import Bree from 'bree';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createTicker, type Ticker } from '../../src/jobs/ticker.js';
import { createLogger } from '../../src/logging.js';
import { BUILD_TIMEOUT_MS, builtFile, buildOnce } from '../support/apps/build-once.js';
import { startChild } from '../support/apps/child-process.js';
import { createDataFolder } from '../support/stores/data-folder.js';
import { eventually } from '../support/eventually.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LONG_MS = 2 ** 31 - 1;
const log = createLogger({ level: 'silent', name: 'test' });

describe('the ticker', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('ticks for each name at its own interval, and does not tick when it starts', async () => {
    const ticks: string[] = [];
    const rounds = [
      { name: 'often', intervalMs: 50 },
      { name: 'seldom', intervalMs: LONG_MS },
    ];
    const ticker = createTicker({ rounds, onTick: (name) => ticks.push(name), log });
    await ticker.start();
    expect(ticks).toEqual([]);
    await eventually(
      'three ticks',
      () => ticks.length,
      (length) => length >= 3,
      20_000,
    );
    await ticker.stop();
    expect(new Set(ticks)).toEqual(new Set(['often']));
  });

  it('gives no tick once it is stopped', async () => {
    const after: string[] = [];
    let isStopped = false;
    const note = (name: string) => {
      if (isStopped) after.push(name);
    };
    const [stopped, other] = [tickerOf('stopped', note), tickerOf('other', note)];
    await Promise.all([stopped.start(), other.start()]);
    await stopped.stop();
    isStopped = true;
    await eventually(
      'ticks of the other',
      () => after.length,
      (length) => length >= 3,
      20_000,
    );
    await other.stop();
    expect(after).not.toContain('stopped');
    await stopped.stop();
  });

  it.each<[string, () => Worker]>([
    [
      'cannot be created',
      () => {
        throw new Error('no thread left');
      },
    ],
    ['fails', () => new Worker(path.join(ROOT, 'not-there.mjs'))],
  ])('loses one tick with a warning, and goes on, when its worker thread %s', async (_what, createWorker) => {
    const broken = vi.spyOn(Bree.prototype, 'createWorker').mockImplementationOnce(createWorker);
    const messages: string[] = [];
    const destination = { write: (line: string) => messages.push((JSON.parse(line) as { msg: string }).msg) };
    const ticks: string[] = [];
    const ticker = createTicker({
      rounds: [{ name: 'often', intervalMs: 50 }],
      onTick: (name) => ticks.push(name),
      log: createLogger({ level: 'warn', name: 'test', destination }),
    });
    await ticker.start();
    await eventually(
      'ticks after the first',
      () => ticks.length,
      (length) => length >= 2,
      20_000,
    );
    await ticker.stop();
    expect(broken.mock.calls.length).toBeGreaterThan(2);
    expect(messages).toContain('a tick is lost');
  });

  it('can be stopped before its first tick', async () => {
    const ticker = createTicker({ rounds: [{ name: 'seldom', intervalMs: LONG_MS }], onTick: () => undefined, log });
    await ticker.start();
    await ticker.stop();
  });

  it.each(['plain', 'a+b #c [d]'])(
    'ticks in the compiled program, in a folder named %s',
    async (name) => {
      await buildOnce();
      const folder = await createDataFolder();
      const home = path.join(folder.path, name);
      await mkdir(home);
      await cp(path.dirname(builtFile('jobs/ticker.js')), path.join(home, 'jobs'), { recursive: true });
      await cp(builtFile('errors.js'), path.join(home, 'errors.js'));
      await cp(path.join(ROOT, 'test/jobs/tick-once.mjs'), path.join(home, 'tick-once.mjs'));
      await cp(path.join(ROOT, 'package.json'), path.join(home, 'package.json'));
      await symlink(path.join(ROOT, 'node_modules'), path.join(home, 'node_modules'));
      const child = startChild(path.join(home, 'tick-once.mjs'), [], {});
      expect(await child.exited).toEqual({ code: 0, signal: null });
      expect(child.stderr()).toBe('');
      expect(child.stdout()).toBe('tick round\n');
      await folder.remove();
    },
    BUILD_TIMEOUT_MS,
  );
});

function tickerOf(name: string, onTick: (name: string) => void): Ticker {
  return createTicker({ rounds: [{ name, intervalMs: 50 }], onTick, log });
}
