import { randomBytes } from 'node:crypto';

import { startFauxqs, type FauxqsServer } from 'fauxqs';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';
import { createS3Bucket, type S3Bucket } from '../../support/stores/s3-bucket.js';
import { startS3Proxy, type S3Proxy } from '../../support/stores/s3-proxy.js';
import { API_KEY } from '../../support/apps/tally-api.js';

let storage: FauxqsServer;
let bucket: S3Bucket;
let proxy: S3Proxy;
let opened: AppOnSimulator | undefined;

beforeEach(async () => {
  storage = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const keys = { accessKey: 'any', secretKey: 'any' };
  bucket = await createS3Bucket({ endpoint: `http://127.0.0.1:${storage.port}`, ...keys });
  proxy = await startS3Proxy(`http://127.0.0.1:${storage.port}`);
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await bucket.dispose();
  await proxy.close();
  await storage.stop();
});

/** Tally with S3 behind a proxy. The egress writes elsewhere, and a test puts a file into the bucket. */
async function open(env: Record<string, string> = {}): Promise<AppOnSimulator> {
  opened = await startAppOnSimulator({
    speed: 50,
    egressElsewhere: true,
    env: {
      MEET_S3_SERVICE_ENDPOINT: proxy.url,
      MEET_S3_BUCKET: bucket.name,
      MEET_S3_SUBBUCKET: 'tally',
      ...env,
    },
  });
  return opened;
}

async function record({ api, openRoom }: AppOnSimulator): Promise<string> {
  const { body } = await api.start(await openRoom());
  await api.stop(body.recordingId);
  return body.recordingId;
}

/** A file of the size that LiveKit reports. */
async function deliver({ app }: AppOnSimulator, recordingId: string): Promise<Buffer> {
  const { mediaKey, size = 0 } = await app.commands.recordings.get(recordingId);
  const bytes = randomBytes(size);
  await bucket.write(mediaKey, bytes);
  return bytes;
}

const play = ({ api }: AppOnSimulator, recordingId: string, init: RequestInit = {}) =>
  fetch(`${api.url}/api/v1/recordings/${recordingId}/media`, { ...init, headers: { 'X-API-KEY': API_KEY } });

async function timed<Result>(work: Promise<Result>): Promise<[Result, number]> {
  const begunAt = performance.now();
  return [await work, performance.now() - begunAt];
}

// Over 5 s: two looks of 2.5 s at a server that hangs.
it('a recording settles while S3 hangs, and its file is checked and plays when S3 is back', async () => {
  const tally = await open();
  proxy.fail(() => 'hang');
  const recordingId = await record(tally);
  const [outcome, settledAfterMs] = await timed(tally.api.outcome(recordingId));
  expect(outcome.status).toBe('complete');
  expect(settledAfterMs).toBeLessThan(4_500); // 5 s is what a look at S3 takes that is given up
  const document = () => tally.app.commands.recordings.get(recordingId);
  expect(await document()).not.toHaveProperty('media');

  // Two looks of 2.5 s that are given up, and no more: the whole of what a player waits.
  const [hung, hungMs] = await timed(play(tally, recordingId));
  expect([hung.status, hung.headers.get('Retry-After')]).toEqual([503, '2']);
  expect(hungMs).toBeLessThan(7_500);
  proxy.fail(() => 'cut');
  const [cut, cutMs] = await timed(play(tally, recordingId));
  expect([cut.status, cut.headers.get('Retry-After')]).toEqual([503, '2']);
  expect(cutMs).toBeLessThan(2_000);

  const bytes = await deliver(tally, recordingId);
  proxy.fail(undefined);
  await eventually(
    'the file is checked',
    document,
    ({ media, tally: { effects } }) => media === 'complete' && effects.length === 0,
    15_000,
  );
  const whole = await play(tally, recordingId);
  expect(whole.status).toBe(200);
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
});

it('players are redirected to the bucket and play from it, as soon as the file is known to be there', async () => {
  const publicEndpoint = `http://localhost:${storage.port}`;
  const tally = await open({ TALLY_MEDIA_DELIVERY: 'redirect', TALLY_S3_PUBLIC_ENDPOINT: publicEndpoint });
  const recordingId = await record(tally);
  await tally.api.outcome(recordingId);
  expect((await play(tally, recordingId)).status).toBe(404);
  const bytes = await deliver(tally, recordingId);

  const answer = await play(tally, recordingId, { redirect: 'manual' });
  expect(answer.status).toBe(302);
  expect(answer.headers.get('Cache-Control')).toBe('no-store');
  const location = new URL(answer.headers.get('Location') ?? '');
  expect(location.origin).toBe(publicEndpoint);
  expect(location.searchParams.get('X-Amz-Expires')).toBe('900');
  const followed = await play(tally, recordingId);
  expect(new URL(followed.url).host).toBe(location.host);
  expect(Buffer.from(await followed.arrayBuffer()).equals(bytes)).toBe(true);

  const head = await play(tally, recordingId, { method: 'HEAD', redirect: 'manual' });
  expect([head.status, head.headers.get('Content-Length')]).toEqual([200, String(bytes.length)]);
  proxy.fail(() => 'cut');
  expect((await play(tally, recordingId)).status).toBe(503);
});
