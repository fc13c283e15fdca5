import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { minioPassword, minioUser, startMinio, type Minio } from '../../../scripts/services/index.mjs';
import { type AppOnSimulator, startAppOnSimulator } from '../../support/app-on-simulator.js';
import { expectPrompt, startSlowReaders } from '../../support/slow-readers.js';

const READERS = 200;
/** More than the buffers between the bucket and a reader hold. */
const SIZE = 20_000_000;
const [bucket, folder] = ['recordings', 'a-folder'];

let minio: Minio;
let client: S3Client;
let tally: AppOnSimulator;

beforeAll(async () => {
  minio = await startMinio();
  const { endpoint } = minio;
  const credentials = { accessKeyId: minioUser, secretAccessKey: minioPassword };
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  tally = await startAppOnSimulator({
    speed: 50,
    env: {
      MEET_S3_SERVICE_ENDPOINT: endpoint,
      MEET_S3_BUCKET: bucket,
      MEET_S3_SUBBUCKET: folder,
      MEET_S3_ACCESS_KEY: minioUser,
      MEET_S3_SECRET_KEY: minioPassword,
    },
  });
});
afterAll(async () => {
  await tally.close();
  client.destroy();
  await minio.stop();
});

/** A recording whose file is a big one. */
async function record(checksum: 'CRC32' | 'SHA256' | undefined): Promise<string> {
  const { app, api, openRoom } = tally;
  const { body } = await api.start(await openRoom());
  await api.stop(body.recordingId);
  await api.outcome(body.recordingId);
  const { mediaKey } = await app.commands.recordings.get(body.recordingId);
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: `${folder}/${mediaKey}`,
      Body: Buffer.alloc(SIZE, 7),
      ...(checksum !== undefined && { ChecksumAlgorithm: checksum }),
    }),
  );
  return `${api.url}/api/v1/recordings/${body.recordingId}`;
}

it.each([undefined, 'CRC32', 'SHA256'] as const)(
  '200 readers of an object with the checksum %s who stop reading hold up nobody, and leave nothing',
  async (checksum) => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const url = await record(checksum);
    const readers = await startSlowReaders(`${url}/media`, READERS);
    process.stdout.write(
      `first bytes of ${READERS} after ${Math.round(readers.firstBytesMs)} ms, ${Math.round(readers.memoryKbEach)} kB each`,
    );
    expect(readers.firstBytesMs).toBeLessThan(5_000);
    expect(readers.memoryKbEach).toBeLessThan(1_024);
    await expectPrompt(url, SIZE);
    readers.leave();
    await expectPrompt(url, SIZE);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  },
  15_000,
);
