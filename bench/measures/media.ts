import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/logging.js';
import { formatRecordingId } from '../../src/machines/recording/recording-id.js';
import { API_KEY, type Lab, openLab } from '../lab/lab.js';
import { fillMongo } from '../lab/mongo-fill.js';
import type { RealPlace } from '../places/real-place.js';
import { finishedRecording } from '../lab/recordings.js';
import { middleOf } from '../results/middle.js';
import { median, type Result, single } from '../results/result.js';
import { openSimulator } from '../places/simulator.js';

const SIZE_MIB = 256;
const RANGE_BYTES = 64 * 2 ** 10;
const SEEKS = 300;
const FIRST_BYTES = 60;
const ROUNDS = 7;
const READERS = 200;
const FOLDER = 'media-bench';
/** The number of a recording that has not failed. */
const NUMBER = 7;
const RECORDING = finishedRecording(NUMBER, 1);
const MEDIA_PATH = `/api/v1/recordings/${formatRecordingId(RECORDING)}/media`;

/**
 * Measure a range of 64 kB, a whole file and its first byte through Tally, beside the same from the S3 server itself; and the
 * memory that a slow reader costs.
 */
export async function media(place: RealPlace): Promise<Result[]> {
  const sizeBytes = place.count(SIZE_MIB) * 2 ** 20;
  const directUrl = await putFile(place, sizeBytes);
  const { endpoint, bucket, accessKey, secretKey } = place.s3;
  const lab = await openLab(place, {
    openLiveKit: openSimulator,
    env: {
      ...{ MEET_S3_SERVICE_ENDPOINT: endpoint, MEET_S3_BUCKET: bucket, MEET_S3_SUBBUCKET: FOLDER },
      ...{ MEET_S3_ACCESS_KEY: accessKey, MEET_S3_SECRET_KEY: secretKey },
    },
    prepare: ({ MEET_MONGO_DB_NAME: dbName = '' }) => fillMongo(place.mongoUri, dbName, NUMBER + 1, 1),
  });
  try {
    const speeds = await measureSpeeds(place, lab, directUrl, sizeBytes);
    await lab.killTally();
    return [...speeds, await streamMemory(lab, place.count(READERS))];
  } finally {
    await lab.close();
  }
}

async function measureSpeeds(place: RealPlace, { tallyUrl }: Lab, directUrl: string, sizeBytes: number): Promise<Result[]> {
  const reader = createReader();
  const direct = (range?: string) => reader.read({ url: directUrl, headers: {}, range });
  const tally = (range?: string) => reader.read({ url: `${tallyUrl}${MEDIA_PATH}`, headers: { 'X-API-KEY': API_KEY }, range });
  try {
    const seeks = await inTurns(place.count(SEEKS), (turn) => {
      const start = (turn * 7_919 * RANGE_BYTES) % (sizeBytes - RANGE_BYTES);
      const range = `bytes=${String(start)}-${String(start + RANGE_BYTES - 1)}`;
      return [direct(range).all(RANGE_BYTES), tally(range).all(RANGE_BYTES)];
    });
    const firsts = await inTurns(place.count(FIRST_BYTES), () => [direct().first, tally().first]);
    const wholes = await inTurns(place.count(ROUNDS), () => [direct().all(sizeBytes), tally().all(sizeBytes)]);
    const ratio = { name: 'media_ratio', unit: '×', target: 0.8, op: '>=' } as const;
    return [
      median({ name: 'media_seek_ms', unit: 'ms', target: twice(seeks.direct), op: '<=' }, seeks.tally),
      single(ratio, middleOf(wholes.direct) / middleOf(wholes.tally), wholes.tally.length),
      median({ name: 'media_first_byte_ms', unit: 'ms', target: twice(firsts.direct), op: '<=' }, firsts.tally),
    ];
  } finally {
    reader.close();
  }
}

type Measure = () => Promise<number>;

/** Measure both of a pair one after the other, so that other work of the machine slows both. The first tenth is warm-up. */
async function inTurns(turns: number, pairOf: (turn: number) => [direct: Measure, tally: Measure]) {
  const samples: Record<'direct' | 'tally', number[]> = { direct: [], tally: [] };
  const warmUp = Math.ceil(turns / 10);
  for (let turn = 0; turn < turns + warmUp; turn++) {
    const [direct, tally] = pairOf(turn);
    const pair = { direct: await direct(), tally: await tally() };
    if (turn < warmUp) continue;
    samples.direct.push(pair.direct);
    samples.tally.push(pair.tally);
  }
  return samples;
}

/** The growth of the process for each of 200 readers that stopped reading, both ends of their connections included. */
async function streamMemory({ env }: Lab, readers: number): Promise<Result> {
  const app = await createApp(parseConfig(env), { log: createLogger({ level: 'silent', name: 'bench' }) });
  const sockets: Socket[] = [];
  try {
    (await idleReader(app.url)).destroy();
    const before = residentBytes();
    for (let reader = 0; reader < readers; reader++) sockets.push(await idleReader(app.url));
    const each = (residentBytes() - before) / readers / 1_024;
    return single({ name: 'stream_memory_kb', unit: 'kB', target: 1_024, op: '<=' }, each, readers);
  } finally {
    for (const socket of sockets) socket.destroy();
    await app.close();
  }
}

/** Ask for the whole file, and stop reading after the first bytes. */
async function idleReader(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET ${MEDIA_PATH} HTTP/1.1\r\nHost: ${hostname}\r\nX-API-KEY: ${API_KEY}\r\n\r\n`);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  const statusLine = bytes.toString('latin1', 0, 15);
  if (statusLine !== 'HTTP/1.1 200 OK') throw new Error(`media answered ${statusLine}`);
  return socket;
}

function residentBytes(): number {
  for (let turn = 0; turn < 3; turn++) globalThis.gc?.();
  return process.memoryUsage().rss;
}

interface Question {
  url: string;
  headers: Record<string, string>;
  range?: string | undefined;
}

/** A client that keeps its connections and returns times in milliseconds. */
function createReader() {
  const agent = new Agent({ keepAlive: true });

  async function open({ url, headers, range }: Question): Promise<IncomingMessage> {
    const asked = get(url, { agent, headers: { ...headers, ...(range !== undefined && { Range: range }) } });
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    if (![200, 206].includes(answer.statusCode ?? 0)) throw new Error(`${url} answered ${String(answer.statusCode)}`);
    return answer;
  }

  return {
    read: (question: Question) => ({
      /** From the request to the last byte. */
      all: (expectedBytes: number) => async (): Promise<number> => {
        const begunAt = performance.now();
        const answer = await open(question);
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
        await once(answer, 'end');
        if (bytes !== expectedBytes) throw new Error(`${question.url} gave ${String(bytes)} bytes`);
        return performance.now() - begunAt;
      },
      first: async (): Promise<number> => {
        const begunAt = performance.now();
        const answer = await open(question);
        await once(answer, 'data');
        const ms = performance.now() - begunAt;
        answer.destroy();
        return ms;
      },
    }),
    close: () => agent.destroy(),
  };
}

/** Upload the file. @returns a signed URL of the S3 server for it */
async function putFile({ s3 }: RealPlace, sizeBytes: number): Promise<string> {
  const { endpoint, bucket, accessKey, secretKey } = s3;
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  const object = { Bucket: bucket, Key: `${FOLDER}/${RECORDING.mediaKey}` };
  await client.send(new PutObjectCommand({ ...object, Body: randomBytes(sizeBytes) }));
  const url = await getSignedUrl(client, new GetObjectCommand(object), { expiresIn: 3_600 });
  client.destroy();
  return url;
}

function twice(samples: readonly number[]): number {
  return Number((2 * middleOf(samples)).toPrecision(3));
}
