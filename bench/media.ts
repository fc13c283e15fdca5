import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { createApp } from '../src/app.js';
import { systemClock } from '../src/clock.js';
import { parseConfig } from '../src/config.js';
import { createLogger } from '../src/logging.js';
import { newRecording } from '../src/machines/recording/new-recording.js';
import { openLmdb } from '../src/persistence/lmdb/open-lmdb.js';
import { API_KEY, openBench } from './processes.js';
import { median, type Result, single } from './result.js';

/** An S3 server and keys that may make buckets. */
export interface S3Address {
  endpoint: string;
  accessKey: string;
  secretKey: string;
}

const UID = '0123456789';
const MEDIA_KEY = `recordings/bench/bench--${UID}.mp4`;
const MEDIA_PATH = `/api/v1/recordings/bench--EG_${UID}--${UID}/media`;
const SIZE_BYTES = 256 * 2 ** 20;
const RANGE_BYTES = 64 * 2 ** 10;
const SEEKS = 300;
const FIRST_BYTES = 60;
const ROUNDS = 5;
const READERS = 200;

/** The bucket with one big file, asked through Tally and directly. */
interface Lab {
  env: Record<string, string>;
  /** Lets anybody read the file from the S3 server. */
  directUrl: string;
  close(): Promise<void>;
}

/** A 64 kB range, a whole file and its first byte through Tally beside the same from the S3 server; what a slow reader keeps. */
export async function media(address: S3Address): Promise<Result[]> {
  const lab = await openLab(address);
  try {
    return [...(await speeds(lab)), await streamMemory(lab)];
  } finally {
    await lab.close();
  }
}

async function speeds({ env, directUrl }: Lab): Promise<Result[]> {
  const bench = await openBench({ env, prepare: addRecording });
  const reader = createReader();
  const throughTally = (range?: string) => reader.read(`${bench.tallyUrl}${MEDIA_PATH}`, { 'X-API-KEY': API_KEY }, range);
  const direct = (range?: string) => reader.read(directUrl, {}, range);
  try {
    const seeks = await inTurns(SEEKS, (round) => {
      const start = (round * 7_919 * RANGE_BYTES) % (SIZE_BYTES - RANGE_BYTES);
      const range = `bytes=${String(start)}-${String(start + RANGE_BYTES - 1)}`;
      return [async () => (await direct(range)).ms, async () => (await throughTally(range)).ms];
    });
    const firsts = await inTurns(FIRST_BYTES, () => [
      async () => reader.firstByteMs(directUrl, {}),
      async () => reader.firstByteMs(`${bench.tallyUrl}${MEDIA_PATH}`, { 'X-API-KEY': API_KEY }),
    ]);
    const wholes = await inTurns(ROUNDS, () => [async () => (await direct()).ms, async () => (await throughTally()).ms]);
    return [
      median({ name: 'media_seek_ms', unit: 'ms', target: round(2 * middle(seeks.direct)), op: '<=' }, seeks.tally),
      single(
        { name: 'media_ratio', unit: '×', target: 0.8, op: '>=' },
        middle(wholes.direct) / middle(wholes.tally),
        wholes.tally.length,
      ),
      median({ name: 'media_first_byte_ms', unit: 'ms', target: round(2 * middle(firsts.direct)), op: '<=' }, firsts.tally),
    ];
  } finally {
    reader.close();
    await bench.close();
  }
}

/** Each pair of measurements back to back, so that what else the machine does meets both. The first tenth is warm-up. */
async function inTurns(rounds: number, pairOf: (round: number) => [() => Promise<number>, () => Promise<number>]) {
  const samples: Record<'direct' | 'tally', number[]> = { direct: [], tally: [] };
  const warmUp = Math.ceil(rounds / 10);
  for (let turn = 0; turn < rounds + warmUp; turn++) {
    const [direct, tally] = pairOf(turn);
    const pair = { direct: await direct(), tally: await tally() };
    if (turn < warmUp) continue;
    samples.direct.push(pair.direct);
    samples.tally.push(pair.tally);
  }
  return samples;
}

/** What each of 200 readers that read nothing keeps in Tally, and their ends of the connections with it. */
async function streamMemory({ env }: Lab): Promise<Result> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tally-streams-'));
  await addRecording(folder);
  const config = parseConfig({
    SERVER_PORT: '0',
    TALLY_DATA_DIR: folder,
    MEET_INITIAL_API_KEY: API_KEY,
    LIVEKIT_URL: 'http://127.0.0.1:9',
    LIVEKIT_API_SECRET: 'bench-secret-of-more-than-32-characters',
    ...env,
  });
  const app = await createApp(config, { log: createLogger({ level: 'silent', name: 'bench' }) });
  const sockets: Socket[] = [];
  try {
    await idleReader(app.url).then((socket) => socket.destroy());
    const before = bytesKept();
    for (let reader = 0; reader < READERS; reader++) sockets.push(await idleReader(app.url));
    const each = (bytesKept() - before) / READERS / 1_024;
    return single({ name: 'stream_memory_kb', unit: 'kB', target: 1_024, op: '<=' }, each, READERS);
  } finally {
    for (const socket of sockets) socket.destroy();
    await app.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks for the whole file and stops reading after the first bytes. */
async function idleReader(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${MEDIA_PATH} HTTP/1.1\r\nHost: ${hostname}\r\nX-API-KEY: ${API_KEY}\r\n\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  const answer = bytes.toString('latin1', 0, 15);
  if (answer !== 'HTTP/1.1 200 OK') throw new Error(`media answered ${answer}`);
  return socket;
}

function bytesKept(): number {
  for (let turn = 0; turn < 3; turn++) globalThis.gc?.();
  return process.memoryUsage().rss;
}

function createReader() {
  const agent = new Agent({ keepAlive: true });
  const open = async (url: string, headers: Record<string, string>): Promise<IncomingMessage> => {
    const [answer] = (await once(get(url, { agent, headers }), 'response')) as [IncomingMessage];
    if (answer.statusCode !== 200 && answer.statusCode !== 206) throw new Error(`${url} answered ${String(answer.statusCode)}`);
    return answer;
  };
  return {
    async read(url: string, headers: Record<string, string>, range?: string): Promise<{ ms: number }> {
      const begunAt = performance.now();
      const answer = await open(url, { ...headers, ...(range !== undefined && { Range: range }) });
      let size = 0;
      answer.on('data', (chunk: Buffer) => (size += chunk.length));
      await once(answer, 'end');
      const expected = range === undefined ? SIZE_BYTES : RANGE_BYTES;
      if (size !== expected) throw new Error(`${url} gave ${String(size)} bytes`);
      return { ms: performance.now() - begunAt };
    },
    async firstByteMs(url: string, headers: Record<string, string>): Promise<number> {
      const begunAt = performance.now();
      const answer = await open(url, headers);
      await once(answer, 'data');
      const ms = performance.now() - begunAt;
      answer.destroy();
      return ms;
    },
    close: () => agent.destroy(),
  };
}

async function openLab({ endpoint, accessKey, secretKey }: S3Address): Promise<Lab> {
  const bucket = `tally-bench-${randomBytes(6).toString('hex')}`;
  const object = { Bucket: bucket, Key: `tally/${MEDIA_KEY}` };
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await client.send(new PutObjectCommand({ ...object, Body: randomBytes(SIZE_BYTES) }));
  return {
    env: {
      MEET_S3_SERVICE_ENDPOINT: endpoint,
      MEET_S3_ACCESS_KEY: accessKey,
      MEET_S3_SECRET_KEY: secretKey,
      MEET_S3_BUCKET: bucket,
      MEET_S3_SUBBUCKET: 'tally',
    },
    directUrl: await getSignedUrl(client, new GetObjectCommand(object), { expiresIn: 3_600 }),
    async close() {
      await client.send(new DeleteObjectCommand(object));
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      client.destroy();
    },
  };
}

/** A complete recording whose file is the big one. */
async function addRecording(dataDir: string): Promise<void> {
  const lmdb = await openLmdb({ dataDir });
  const at = systemClock.now() - 60_000;
  const recording = newRecording({
    ...{ uid: UID, roomId: 'bench', roomName: 'Bench', mediaKey: MEDIA_KEY, at },
    secret: () => randomBytes(16).toString('hex'),
  });
  await lmdb.recordings.create(UID, {
    ...recording,
    ...{
      liveKey: UID,
      egressId: `EG_${UID}`,
      startDate: at,
      endDate: at + 10_000,
      duration: 10,
      size: SIZE_BYTES,
      media: 'complete',
    },
    tally: { state: 'complete', machineVersion: 1, version: 1, effects: [], history: [], dueAt: null, lastWrite: 'bench' },
  });
  await lmdb.close();
}

function middle(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
