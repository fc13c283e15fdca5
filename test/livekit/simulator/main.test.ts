import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { EgressClient } from 'livekit-server-sdk';
import { afterEach, expect, it } from 'vitest';
import { createSink, fileOutput } from './support.js';

const MAIN = path.resolve('src/livekit/simulator/main.ts');
const TSX = path.resolve('node_modules/tsx/dist/cli.mjs');
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function run(...options: string[]) {
  const cwd = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  folders.push(cwd);
  const child = spawn(process.execPath, [TSX, MAIN, '--port', '0', ...options], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  return { child, cwd, exited, nextLine };
}

it('prints its URL first, serves, and stops cleanly on a signal', { timeout: 20_000 }, async () => {
  const sink = await createSink();
  const { child, cwd, exited, nextLine } = await run('--webhook', sink.url, '--media-dir', 'media', '--speed', '100');
  const url = await nextLine();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const [, secret = ''] = /^API key devkey, secret (\S+)$/.exec(await nextLine()) ?? [];
  expect((await fetch(url)).status).toBe(200);
  const body = JSON.stringify({ identity: 'ada', publish: true });
  await fetch(`${url}/simulator/rooms/r/participants`, { method: 'POST', body });
  await new EgressClient(url, 'devkey', secret).startRoomCompositeEgress('r', fileOutput('x.mp4'));
  await sink.next(({ body }) => body.includes('EGRESS_ACTIVE'));
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(await readdir(path.join(cwd, 'media'))).toContain('x.mp4');
});

it('refuses a speed that is no number', { timeout: 20_000 }, async () => {
  const { child, exited } = await run('--speed', 'fast');
  const lines = createInterface(child.stderr)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('--speed must be a number, not "fast"');
  expect((await exited)[0]).toBe(1);
});
