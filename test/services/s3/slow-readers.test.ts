import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { minioPassword, minioUser, startMinio, type Minio } from '../../servers/index.js';
import { isFullSize } from '../../support/full-size.js';
import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { expectPrompt, startSlowReaders } from '../../support/slow-readers.js';

const READERS = 200;
/** Larger than all buffers between the bucket and a reader. */
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

/** Creates a recording with a large file. `directUrl` is the presigned URL of the file on MinIO. */
async function record(checksum: 'CRC32' | 'SHA256' | undefined): Promise<{ url: string; directUrl: string }> {
  const { app, api, openRoom } = tally;
  const { body } = await api.start(await openRoom());
  await api.stop(body.recordingId);
  await api.outcome(body.recordingId);
  const { mediaKey } = await app.commands.recordings.get(body.recordingId);
  const object = { Bucket: bucket, Key: `${folder}/${mediaKey}` };
  const extra = checksum === undefined ? {} : { ChecksumAlgorithm: checksum };
  await client.send(new PutObjectCommand({ ...object, Body: Buffer.alloc(SIZE, 7), ...extra }));
  return {
    url: `${api.url}/api/v1/recordings/${body.recordingId}`,
    directUrl: await getSignedUrl(client, new GetObjectCommand(object)),
  };
}

it.each(isFullSize ? ([undefined, 'CRC32', 'SHA256'] as const) : (['CRC32'] as const))(
  '200 clients that stop reading an object with the checksum %s delay no other client and leak nothing',
  async (checksum) => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const { url, directUrl } = await record(checksum);
    const direct = await startSlowReaders(directUrl, READERS);
    direct.leave();
    const readers = await startSlowReaders(`${url}/media`, READERS);
    // The system buffers some megabytes for each reader, about 1 GiB in all, which passes through this one process: with the C
    // library's default settings that is 4 to 5 s of processor time (docs/operating.md), and more on a busy machine.
    expect(readers.firstBytesMs).toBeLessThan(Math.max(10_000, 10 * direct.firstBytesMs));
    expect(readers.memoryKbEach).toBeLessThan(1_024);
    await expectPrompt(url, SIZE);
    readers.leave();
    await expectPrompt(url, SIZE);
    process.off('warning', note);
    expect(warnings).toEqual([]);
  },
  60_000, // 400 connections buffer some gigabytes before they stall
);
