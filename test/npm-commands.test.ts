import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { signalIfThere } from './servers/processes/signals.js';
import { BUILD_TIMEOUT_MS, buildOnce } from './support/apps/build-once.js';
import { createDataFolder } from './support/stores/data-folder.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const START = { command: 'npm start', args: ['start'], ready: /^curl/ };
const SIMULATOR = { command: 'npm run simulator', args: ['run', 'simulator'], ready: /^http/ };
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** Starts an npm command in its own process group, as a terminal does, and waits until it is ready. */
async function start({ args, ready }: typeof START) {
  const folder = await createDataFolder();
  const { PATH, HOME } = process.env;
  const child = spawn('npm', args, {
    cwd: ROOT,
    detached: true,
    env: { PATH, HOME, SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DRAIN_MS: '0', TALLY_DATA_DIR: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid = NaN } = child;
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  cleanUps.push(async () => {
    signalIfThere(-pid, 'SIGKILL');
    await folder.remove();
  });
  const logged = (text: RegExp) => lineOf(child.stderr, text);
  await lineOf(child.stdout, ready);
  return { pid, exited, logged };
}

/** Waits for a line that matches, and discards everything after it. */
async function lineOf(stream: Readable, pattern: RegExp): Promise<void> {
  for await (const line of createInterface({ input: stream })) if (pattern.test(line)) break;
  stream.resume();
}

describe.concurrent.each([START, SIMULATOR])('$command', (command) => {
  it('exits with 0 after Ctrl-C, for which both the terminal and npm send SIGINT', async () => {
    const { pid, exited } = await start(command);
    process.kill(-pid, 'SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(signalIfThere(-pid, 0)).toBe(false);
  });

  it('exits with 0 and leaves no process behind when only npm receives SIGTERM', async () => {
    const { pid, exited } = await start(command);
    process.kill(pid, 'SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(signalIfThere(-pid, 0)).toBe(false);
  });
});

it('npm start exits with 0 when a second Ctrl-C arrives while it closes', async () => {
  const { pid, exited, logged } = await start(START);
  process.kill(-pid, 'SIGINT');
  await logged(/"stopping"/);
  process.kill(-pid, 'SIGINT');
  expect(await exited).toEqual([0, null]);
});
