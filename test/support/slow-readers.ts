import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect } from 'vitest';

import { API_KEY } from './apps/tally-api.js';

export interface SlowReaders {
  /** Time from the first request until every reader has its first byte. */
  firstBytesMs: number;
  /** Memory of this process per reader, including the readers' own ends of the connections. */
  memoryKbEach: number;
  leave(): void;
}

/** Starts `count` readers that request a file and stop reading after the first bytes. @throws Error an answer is not 200 */
export async function startSlowReaders(url: string, count: number): Promise<SlowReaders> {
  const { host, hostname, port, pathname, search } = new URL(url);
  const question = `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nX-API-KEY: ${API_KEY}\r\n\r\n`;
  const sockets: Socket[] = [];
  const before = keptBytes();
  const begunAt = performance.now();
  await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      socket.write(question);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      socket.pause();
      const statusLine = bytes.toString('latin1', 0, 15);
      if (statusLine !== 'HTTP/1.1 200 OK') throw new Error(`a reader was answered ${bytes.toString('latin1', 0, 200)}`);
    }),
  );
  return {
    firstBytesMs: performance.now() - begunAt,
    memoryKbEach: (keptBytes() - before) / count / 1_024,
    leave() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Memory in use after a garbage collection, because the amount of garbage is random. */
function keptBytes(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  // A buffer is freed one collection after the object that holds it.
  for (let round = 0; round < 3; round++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Expects that other requests are answered within two seconds, also on a busy machine. @param url URL of a recording */
export async function expectPrompt(url: string, sizeBytes: number): Promise<void> {
  const ask = async (path: string, init: { method?: string; headers?: Record<string, string> } = {}) => {
    const begunAt = performance.now();
    const answer = await fetch(path, { ...init, headers: { 'X-API-KEY': API_KEY, ...init.headers } });
    const bytes = await answer.arrayBuffer();
    expect(performance.now() - begunAt).toBeLessThan(2_000);
    return { status: answer.status, bytes: bytes.byteLength, length: Number(answer.headers.get('Content-Length')) };
  };
  const origin = new URL(url).origin;
  expect(await ask(url)).toMatchObject({ status: 200 });
  expect(await ask(`${origin}/api/v1/recordings`)).toMatchObject({ status: 200 });
  expect(await ask(`${origin}/health`)).toMatchObject({ status: 200 });
  expect(await ask(`${url}/media`, { method: 'HEAD' })).toMatchObject({ status: 200, length: sizeBytes });
  const headers = { Range: `bytes=${sizeBytes - 65_536}-` };
  expect(await ask(`${url}/media`, { headers })).toEqual({ status: 206, bytes: 65_536, length: 65_536 });
}
