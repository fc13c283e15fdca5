import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { EgressClient, EgressStatus } from 'livekit-server-sdk';
import { afterEach, expect, it } from 'vitest';
import { API_KEY, API_SECRET, createSink, fileOutput } from './support.js';

const MAIN = path.resolve('src/simulator/main.ts');
const TSX = path.resolve('node_modules/tsx/dist/cli.mjs');
const CREDENTIALS = { accessKeyId: 'minioadmin', secretAccessKey: 'minioadmin' };
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function run(...options: string[]) {
  return runIn({}, ...options);
}

async function runIn(env: Record<string, string>, ...options: string[]) {
  const cwd = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  folders.push(cwd);
  const child = spawn(process.execPath, [TSX, MAIN, '--port', '0', ...options], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  return { child, cwd, exited, nextLine };
}

it('prints its URL first, serves, and stops cleanly on a signal', async () => {
  const sink = await createSink();
  const { child, cwd, exited, nextLine } = await run(
    '--webhook',
    sink.url,
    '--media-dir',
    'media',
    '--speed',
    '100',
    '--bytes-per-second',
    '100000000',
  );
  const url = await nextLine();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const [, secret = ''] = /^API key devkey, secret (\S+)$/.exec(await nextLine()) ?? [];
  expect((await fetch(url)).status).toBe(200);
  const body = JSON.stringify({ identity: 'ada', publish: true });
  await fetch(`${url}/simulator/rooms/r/participants`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  await new EgressClient(url, 'devkey', secret).startRoomCompositeEgress('r', fileOutput('x.mp4'));
  await sink.next(({ body }) => body.includes('EGRESS_ACTIVE'));
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  const { size } = await stat(path.join(cwd, 'media/x.mp4'));
  expect(size).toBeGreaterThan(100_000);
});

it("uploads to the bucket of the variables that pick Tally's", async () => {
  const storage = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  const endpoint = `http://127.0.0.1:${storage.port}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: CREDENTIALS });
  await client.send(new CreateBucketCommand({ Bucket: 'openvidu-appdata' }));
  const sinks = [await createSink(), await createSink()];
  const webhooks = sinks.flatMap(({ url }) => ['--webhook', url]);
  const keys = ['--key', API_KEY, '--secret', API_SECRET];
  const { child, cwd, exited, nextLine } = await runIn(
    { MEET_S3_SERVICE_ENDPOINT: `${endpoint}/` },
    ...[...webhooks, ...keys, '--speed', '100'],
  );
  const url = await nextLine();
  await fetch(`${url}/simulator/rooms/r/participants`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ identity: 'ada', publish: true }),
  });
  await new EgressClient(url, API_KEY, API_SECRET).startRoomCompositeEgress('r', fileOutput('f/x', { disableManifest: true }));
  for (const sink of sinks) await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'openvidu-appdata' }));
  expect(Contents.map(({ Key }) => Key)).toEqual(['f/x.mp4']);
  expect(await readdir(cwd)).toEqual([]);
  client.destroy();
  await storage.stop();
});

it('refuses variables that pick no bucket it can use', async () => {
  const { child, exited } = await runIn({ MEET_BLOB_STORAGE_MODE: 'nonsense' });
  const lines = createInterface(child.stderr)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toMatch(/^MEET_BLOB_STORAGE_MODE /);
  expect((await exited)[0]).toBe(1);
});

it('refuses a speed that is no number', async () => {
  const { child, exited } = await run('--speed', 'fast');
  const lines = createInterface(child.stderr)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('--speed must be a number, not "fast"');
  expect((await exited)[0]).toBe(1);
});
