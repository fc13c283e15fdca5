import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { afterEach, expect, it } from 'vitest';

import type { WantedRange } from '../../../src/machines/ports/media.js';
import { createS3Media, type S3Media } from '../../../src/persistence/s3/s3-media.js';

const HEADERS = { 'content-length': '4', etag: '"a"', 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' };

/** Time limit of a call, milliseconds. A first attempt that hangs is given up after half of this time. */
const LIMIT_MS = 3_000;

let server: Server | undefined;
let media: S3Media | undefined;
let asked: string[];

afterEach(() => {
  media?.close();
  server?.closeAllConnections();
  server?.close();
});

/** @returns a function that opens and reads an object of a server with this listener */
async function opener(
  listener: RequestListener,
  limitMs = 30_000,
): Promise<(key: string, range?: WantedRange) => Promise<string | undefined>> {
  asked = [];
  server = createServer((request, response) => {
    asked.push(isSignedUrl(request) ? 'url' : 'sdk');
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  media = createS3Media({
    ...{ bucket: 'media', subfolder: '', region: 'us-east-1', pathStyle: true, accessKey: 'any', secretKey: 'any' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    limitMs,
  });
  const { open } = media;
  return async (key, range) => {
    const opened = await open?.(key, range, new AbortController().signal);
    return opened === undefined ? undefined : (await buffer(opened.stream)).toString();
  };
}

function isSignedUrl({ url = '' }: IncomingMessage): boolean {
  return url.includes('X-Amz-Signature=');
}

it('the S3 media store signs one URL per object and uses it for every range', async () => {
  const urls: string[] = [];
  const ranges: (string | undefined)[] = [];
  const open = await opener(({ url = '', headers }, response) => {
    urls.push(url);
    ranges.push(headers.range);
    response.writeHead(200, HEADERS).end('abcd');
  });
  for (const range of [undefined, { start: 1 }, { start: 1, end: 2 }, { suffix: 3 }]) {
    expect(await open('a.mp4', range)).toBe('abcd');
  }
  expect(await open('b.mp4')).toBe('abcd');
  expect(ranges).toEqual([undefined, 'bytes=1-', 'bytes=1-2', 'bytes=-3', undefined]);
  expect(new Set(urls.slice(0, 4)).size).toBe(1);
  expect(urls[4]).toContain('/media/b.mp4?');
  expect(asked).toEqual(Array(5).fill('url'));
});

it('the S3 media store repeats a request by the SDK when its signed URL is refused, and signs a new URL next time', async () => {
  const open = await opener((request, response) => {
    if (isSignedUrl(request) && asked.length === 1) response.writeHead(403).end('<Error><Code>ExpiredToken</Code></Error>');
    else response.writeHead(200, HEADERS).end('abcd');
  });
  expect(await open('a.mp4')).toBe('abcd');
  expect(await open('a.mp4')).toBe('abcd');
  expect(asked).toEqual(['url', 'sdk', 'url']);
});

it.each([
  ['hangs', () => undefined],
  ['cuts the connection', (({ socket }) => socket.destroy()) as RequestListener],
])(
  'the S3 media store repeats a request by the SDK within the same time limit when the server %s',
  async (_, fault: RequestListener) => {
    const open = await opener((request, response) => {
      if (isSignedUrl(request)) fault(request, response);
      else response.writeHead(200, HEADERS).end('abcd');
    }, LIMIT_MS);
    const before = performance.now();
    expect(await open('a.mp4')).toBe('abcd');
    expect(performance.now() - before).toBeLessThan(LIMIT_MS);
    expect(asked).toEqual(['url', 'sdk']);
  },
);

it('the S3 media store asks again by the SDK before it reports an object as missing', async () => {
  const open = await opener((_, response) => response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>'));
  expect(await open('a.mp4')).toBeUndefined();
  expect(asked).toEqual(['url', 'sdk']);
});
