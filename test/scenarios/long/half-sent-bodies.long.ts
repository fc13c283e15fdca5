import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce, builtFile } from '../../support/apps/build-once.js';
import { createDataFolder } from '../../support/stores/data-folder.js';

const CLIENTS = 400;
const BODY_BYTES = 1_000_000;
const MOST_GROWTH_MB = 64;
const CLOSED_WITHIN_MS = 40_000;
const KB_PER_MB = 1_024;

let remove: () => Promise<void>;
let tally: ReturnType<typeof spawn>;
let port: number;

beforeAll(async () => {
  await buildOnce();
  const folder = await createDataFolder();
  remove = () => folder.remove();
  const { PATH, HOME } = process.env;
  tally = spawn(process.execPath, [builtFile('main.js')], {
    env: { PATH, HOME, SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DATA_DIR: folder.path },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const line of createInterface({ input: tally.stdout as NodeJS.ReadableStream })) {
    port = Number(/^Tally {2}http:\/\/[^:]+:(\d+)/.exec(line)?.[1] ?? port);
    if (line.startsWith('curl')) break;
  }
}, BUILD_TIMEOUT_MS);
afterAll(async () => {
  tally.kill('SIGKILL');
  await once(tally, 'exit');
  await remove();
});

function residentMb(): number {
  const status = readFileSync(`/proc/${String(tally.pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / KB_PER_MB;
}

/** Sends half of a body, and never the rest. */
async function halfSent(path: string, type: string): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  const head = [`POST ${path} HTTP/1.1`, 'Host: a', `Content-Type: ${type}`, `Content-Length: ${String(BODY_BYTES)}`];
  socket.resume();
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  socket.write(Buffer.alloc(BODY_BYTES / 2, ' '));
  return { socket, closed };
}

// It takes some 35 s, because a client has 30 s to send a request.
it.each([
  ['/livekit/webhook', 'application/webhook+json'],
  ['/api/v1/recordings', 'application/json'],
])(
  '400 half-sent bodies of 1 MB without a token cost less than 64 MB, and all are closed within 40 s: %s',
  async (path, type) => {
    const before = residentMb();
    const begunAt = performance.now();
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => halfSent(path, type)));
    let most = before;
    const timer = setInterval(() => {
      most = Math.max(most, residentMb());
    }, 250);
    await Promise.all(clients.map(({ closed }) => closed));
    clearInterval(timer);
    const tookMs = performance.now() - begunAt;
    process.stdout.write(`${path}: ${(most - before).toFixed(1)} MB more, all closed after ${(tookMs / 1_000).toFixed(1)} s\n`);
    expect(most - before).toBeLessThan(MOST_GROWTH_MB);
    expect(tookMs).toBeLessThan(CLOSED_WITHIN_MS);
  },
  2 * CLOSED_WITHIN_MS,
);
