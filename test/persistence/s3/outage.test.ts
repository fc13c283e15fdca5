import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { afterEach, describe, expect, it } from 'vitest';

import { createS3Media, type S3Media } from '../../../src/persistence/s3/s3-media.js';
import { eventually } from '../../support/eventually.js';
import { createTestClock } from '../../support/test-clock.js';

const KEY = 'recordings/room/room--0123456789.mp4';
/** Time limit of a call to a server that does not answer, milliseconds. Each of two attempts gets half of this time. */
const LIMIT_MS = 300;
/** Limits that a server which answers never reaches, even on a busy machine. */
const PATIENT = { limitMs: 30_000, stallLimitMs: 30_000 };
const LONG_AGO = 'Thu, 01 Jan 2026 00:00:00 GMT';

let server: Server | undefined;
let media: S3Media | undefined;

afterEach(() => {
  media?.close();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** An S3 media store on a local HTTP server with this listener. */
async function mediaOn(listener: RequestListener, changes: object = {}): Promise<S3Media> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return mediaAt((server.address() as AddressInfo).port, changes);
}

function mediaAt(port: number, changes: object = {}): S3Media {
  const keys = { accessKey: 'any', secretKey: 'any' };
  const endpoint = `http://127.0.0.1:${port}`;
  const limits = { limitMs: LIMIT_MS, stallLimitMs: LIMIT_MS };
  media = createS3Media({
    bucket: 'media',
    subfolder: 'tally',
    region: 'us-east-1',
    pathStyle: true,
    endpoint,
    ...keys,
    ...limits,
    ...changes,
  });
  return media;
}

function openConnections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server?.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

async function expectUnavailable(store: S3Media, cause: object): Promise<void> {
  for (const call of [
    () => store.stat(KEY),
    () => store.read(KEY, { start: 0, end: 1 }).then(buffer),
    async () => store.open?.(KEY, undefined, new AbortController().signal),
    () => store.remove(KEY),
    () => store.ping(),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: 'media.unavailable', retryable: true, cause });
  }
}

describe('the S3 media store', () => {
  it.each([
    ['PUT', 'write'],
    ['HEAD', 'read'],
    ['DELETE', 'remove'],
  ])(
    'says in its ping that the bucket refuses %s, asks again after 10 s, and once a minute when all is well',
    async (refused, right) => {
      const methods: string[] = [];
      let isAllowed = false;
      const clock = createTestClock();
      const store = await mediaOn(
        ({ method = '' }, response) => {
          methods.push(method);
          response.statusCode = method === refused && !isAllowed ? 403 : 200;
          response.end(method === 'GET' ? '<ListBucketResult/>' : '');
        },
        { ...PATIENT, clock },
      );
      const refusal = { message: `Cannot ${right} tally/.tally-readiness (HTTP 403)`, refused: true };
      await expect(store.ping()).rejects.toMatchObject(refusal);
      isAllowed = true;
      clock.advance(9_999);
      methods.length = 0;
      await expect(store.ping()).rejects.toMatchObject(refusal);
      expect(methods).toEqual(['GET']);
      clock.advance(1);
      await store.ping();
      methods.length = 0;
      clock.advance(59_999);
      await store.ping();
      expect(methods).toEqual(['GET']);
      clock.advance(1);
      await store.ping();
      expect(methods).toEqual(['GET', 'GET', 'PUT', 'HEAD', 'DELETE']);
    },
  );

  it('does not fail its ping when another instance removes the tested object before it is read', async () => {
    const store = await mediaOn(({ method }, response) => {
      response.statusCode = method === 'HEAD' ? 404 : 200;
      response.end(method === 'GET' ? '<ListBucketResult/>' : '');
    }, PATIENT);
    await store.ping();
  });

  it('tests the rights once for two pings at the same time', async () => {
    const methods: string[] = [];
    const store = await mediaOn(({ method = '' }, response) => {
      methods.push(method);
      response.end(method === 'GET' ? '<ListBucketResult/>' : '');
    }, PATIENT);
    await Promise.all([store.ping(), store.ping()]);
    expect(methods.filter((method) => method !== 'GET')).toEqual(['PUT', 'HEAD', 'DELETE']);
  });

  it('throws media.unavailable with the cause when the server refuses the connection', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    await expectUnavailable(mediaAt(port, PATIENT), { code: 'ECONNREFUSED' });
  });

  it('throws media.unavailable within its time limit when the server never answers', async () => {
    const store = await mediaOn(() => undefined);
    const before = performance.now();
    await expectUnavailable(store, { name: expect.stringMatching(/Error$/) });
    expect(performance.now() - before).toBeLessThan(6 * LIMIT_MS + 3_000);
  });

  it('throws media.unavailable after three requests when the server answers 503', async () => {
    let requests = 0;
    const store = await mediaOn((_, response) => {
      requests += 1;
      response.writeHead(503).end();
    }, PATIENT);
    await expect(store.stat(KEY)).rejects.toMatchObject({
      code: 'media.unavailable',
      cause: { $metadata: { httpStatusCode: 503 } },
    });
    expect(requests).toBe(3);
  });

  it('throws media.unavailable, instead of reporting no object, when the server answers 403', async () => {
    const store = await mediaOn((_, response) => response.writeHead(403).end(), PATIENT);
    await expectUnavailable(store, { $metadata: { httpStatusCode: 403 } });
    await expect(store.stat(KEY)).rejects.toThrow('(HTTP 403)');
  });

  it('fails the stream when the server stops sending in the middle of a body', async () => {
    const store = await mediaOn((_, response) => {
      response.writeHead(206, { 'content-length': '1000' });
      response.write('some bytes');
    });
    await expect(store.read(KEY, { start: 0, end: 999 }).then(buffer)).rejects.toMatchObject({ code: 'media.unavailable' });
  });

  it('fails the stream when the server closes the connection in the middle of a body', async () => {
    const store = await mediaOn((_, response) => {
      response.writeHead(206, { 'content-length': '1000' });
      response.write('some bytes', () => response.destroy());
    }, PATIENT);
    await expect(store.read(KEY, { start: 0, end: 999 }).then(buffer)).rejects.toMatchObject({ code: 'media.unavailable' });
  });

  it.each([
    ['while the server has more to send', 4_000_000],
    ['after the server has sent everything', 1_000],
  ])('does not fail the stream of a slow reader, %s', async (_, size) => {
    const bytes = Buffer.alloc(size, 7);
    const store = await mediaOn(
      (request, response) => {
        if (request.url?.includes('stalled') === false)
          response.writeHead(206, { 'content-length': String(bytes.length) }).end(bytes);
      },
      { limitMs: 1_000, stallLimitMs: 1_000 },
    );
    const waiting = await store.read(KEY, { start: 0, end: bytes.length - 1 });
    await once(waiting, 'readable');
    await expect(store.read('stalled', { start: 0, end: 1 }).then(buffer)).rejects.toThrow(); // waits for the stall limit
    expect((await buffer(waiting)).equals(bytes)).toBe(true);
  });

  it('repeats a request that the server did not answer', async () => {
    let requests = 0;
    const store = await mediaOn(
      (_, response) => {
        requests += 1;
        if (requests > 1) response.writeHead(200, { 'content-length': '7', etag: '"a"', 'last-modified': LONG_AGO }).end();
      },
      { limitMs: 2_000 },
    );
    expect(await store.stat(KEY)).toEqual({ size: 7, modifiedAt: Date.parse(LONG_AGO), etag: '"a"' });
  });

  it('closes the connections of streams that are destroyed', async () => {
    const bytes = Buffer.alloc(10_000_000);
    const store = await mediaOn(
      (_, response) => response.writeHead(206, { 'content-length': String(bytes.length) }).end(bytes),
      PATIENT,
    );
    const streams = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const stream = await store.read(KEY, { start: 0, end: bytes.length - 1 });
        await once(stream, 'readable');
        return stream;
      }),
    );
    expect(await openConnections()).toBe(30);
    for (const stream of streams) stream.destroy();
    await eventually('no connection is open', openConnections, (count) => count === 0);
  });

  it('closes the connections of objects given up before their first byte was read or while they were being opened', async () => {
    const bytes = Buffer.alloc(10_000_000);
    const headers = { 'content-length': String(bytes.length), etag: '"a"', 'last-modified': LONG_AGO };
    let waiting = 0;
    const store = await mediaOn((request, response) => {
      if (request.url?.includes('unanswered') === true) waiting += 1;
      else response.writeHead(200, headers).end(bytes);
    }, PATIENT);
    const opened = await store.open?.(KEY, undefined, new AbortController().signal);
    const gone = new AbortController();
    const opening = store.open?.('unanswered', undefined, gone.signal);
    await eventually(
      'both are asked for',
      () => waiting,
      (count) => count === 1,
    );
    expect(await openConnections()).toBe(2);
    opened?.stream.destroy();
    gone.abort();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    await eventually('no connection is open', openConnections, (count) => count === 0);
  });

  it('sends no request before the first read of a stream', async () => {
    let requests = 0;
    const store = await mediaOn((_, response) => {
      requests += 1;
      response.writeHead(206, { 'content-length': '2' }).end('ab');
    }, PATIENT);
    const stream = await store.read(KEY, { start: 0, end: 1 });
    stream.destroy();
    await once(stream, 'close');
    expect(requests).toBe(0);
    expect((await buffer(await store.read(KEY, { start: 0, end: 1 }))).toString()).toBe('ab');
    expect(requests).toBe(1);
  });
});
