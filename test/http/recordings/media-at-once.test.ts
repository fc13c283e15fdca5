import { once } from 'node:events';
import { createServer, get as httpGet } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';

import { beforeEach, describe, expect, it } from 'vitest';

import { MediaUnavailableError } from '../../../src/errors.js';
import type { RecordingsDeps } from '../../../src/http/recordings/deps.js';
import type { WantedRange } from '../../../src/machines/ports/media.js';
import { createMemoryMedia } from '../../support/memory/memory-media.js';
import { API_KEY, createEdge, type Edge } from '../support/edge.js';

const UID = '0000000001';
const ID = `room-1--EG_${UID}--${UID}`;
const PATH = `/api/v1/recordings/${ID}/media`;
const KEY = `recordings/room-1/room-1--${UID}.mp4`;
const FILE = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

let edge: Edge;
/** The calls to the store: `hold`, or the range that `open` was called with. */
let asked: unknown[];
let opened: Readable[];
let failure: Error | undefined;

beforeEach(async () => {
  [asked, opened, failure] = [[], [], undefined];
  const memory = createMemoryMedia();
  memory.write(KEY, FILE);
  const media: RecordingsDeps['media'] = {
    stat: memory.stat,
    hold(key) {
      asked.push('hold');
      return memory.hold(key);
    },
    async open(key, range) {
      asked.push(range ?? 'whole');
      if (failure !== undefined) throw failure;
      const file = await memory.stat(key);
      if (file === undefined) return undefined;
      const part = range === undefined ? undefined : partOf(range);
      if (part !== undefined && part.start >= FILE.length) return undefined;
      const stream = await memory.read(key, part ?? { start: 0, end: file.size - 1 });
      opened.push(stream);
      return { file, stream, ...(part !== undefined && { part }) };
    },
  };
  edge = await createEdge({ media });
  await edge.recordings.put({ uid: UID });
});

function partOf(range: WantedRange): { start: number; end: number } {
  const last = FILE.length - 1;
  if ('suffix' in range) return { start: Math.max(0, FILE.length - range.suffix), end: last };
  return { start: range.start, end: Math.min(range.end ?? last, last) };
}

const play = (headers: Record<string, string> = {}) => edge.get(PATH).set(headers).buffer(true);

describe('a media store that can open a file in one request', () => {
  it.each([
    [undefined, 'whole', 0, 999],
    ['bytes=0-', { start: 0 }, 0, 999],
    ['bytes=400-499', { start: 400, end: 499 }, 400, 499],
    ['bytes=-300', { suffix: 300 }, 700, 999],
    ['bytes=-5000', { suffix: 5000 }, 0, 999],
  ])('is called once for the range %s', async (range, question, start, end) => {
    const { status, headers, body } = await play(range === undefined ? {} : { Range: range });
    expect(asked).toEqual([question]);
    expect(status).toBe(range === undefined ? 200 : 206);
    expect(FILE.subarray(start, end + 1).equals(body as Buffer)).toBe(true);
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': String(end - start + 1),
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=3600',
      etag: expect.stringMatching(/^"[^"]+"$/),
      'last-modified': expect.stringMatching(/GMT$/),
    });
    expect(headers['content-range']).toBe(range === undefined ? undefined : `bytes ${start}-${end}/1000`);
  });

  it.each([
    ['bytes=5-1', 200],
    ['bytes=-0', 416],
    ['bytes=500-99999999999999999999', 206],
    ['bytes=99999999999999999999-', 416],
  ])('is not asked to open the unusual range %s', async (range, status) => {
    expect((await play({ Range: range })).status).toBe(status);
    expect(asked[0]).toBe('hold');
  });

  it('is asked for the size when the file has none of the requested bytes: 416', async () => {
    const { status, headers } = await play({ Range: 'bytes=1000-' });
    expect(status).toBe(416);
    expect(headers['content-range']).toBe('bytes */1000');
    expect(asked).toEqual([{ start: 1000 }, 'hold']);
  });

  it('is asked for the size only by HEAD, and by a client whose copy is current', async () => {
    const { headers } = await edge.head(PATH);
    expect(asked).toEqual(['hold']);
    expect((await play({ 'If-None-Match': String(headers['etag']) })).status).toBe(304);
    expect((await play({ 'If-Modified-Since': String(headers['last-modified']) })).status).toBe(304);
    expect(asked).toEqual(['hold', 'hold', 'hold']);
  });

  it('sends a part only if If-Range fits, else closes its stream and sends the whole file', async () => {
    const etag = String((await edge.head(PATH)).headers['etag']);
    expect((await play({ Range: 'bytes=0-9', 'If-Range': etag })).status).toBe(206);
    const { status, body } = await play({ Range: 'bytes=0-9', 'If-Range': '"other"' });
    expect(status).toBe(200);
    expect(FILE.equals(body as Buffer)).toBe(true);
    expect(opened).toHaveLength(2);
    expect(opened.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('makes the answer 503 when it is down', async () => {
    failure = new MediaUnavailableError('away');
    const { status, headers, body } = await play();
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('2');
    expect(body).toEqual({ error: 'Storage Error', message: 'Storage is not available' });
  });

  it('gets the abort signal at once when the client disconnects', async () => {
    let aborted: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (aborted = resolve));
    let begun: (() => void) | undefined;
    const opening = new Promise<void>((resolve) => (begun = resolve));
    const open: RecordingsDeps['media']['open'] = (_key, _range, signal) =>
      new Promise((_, reject) => {
        begun?.();
        signal.addEventListener('abort', () => {
          aborted?.();
          reject(signal.reason as Error);
        });
      });
    const media = createMemoryMedia();
    edge = await createEdge({ media: { ...media, open } });
    await edge.recordings.put({ uid: UID });
    const logged = edge.nextLine();
    const server = createServer(edge.listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const request = httpGet({ port, host: '127.0.0.1', path: PATH, headers: { 'X-API-KEY': API_KEY } });
    request.on('error', () => undefined);
    await opening;
    request.destroy();
    await gone;
    await logged;
    expect(edge.lines()).toEqual([expect.objectContaining({ level: 30, cut: true, msg: 'request' })]);
    server.close();
  });
});
