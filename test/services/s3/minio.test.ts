import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minioPassword, minioUser, poll, startMinio, type Minio } from '../../servers/index.js';
import { createS3Media } from '../../../src/persistence/s3/s3-media.js';
import { s3MediaContract } from '../../contracts/s3-media.js';
import { createS3Bucket, type S3Bucket } from '../../support/stores/s3-bucket.js';

let minio: Minio;

const server = () => ({ endpoint: minio.endpoint, accessKey: minioUser, secretKey: minioPassword });

beforeAll(async () => {
  minio = await startMinio();
});
afterAll(() => minio.stop());

s3MediaContract({ name: 'S3 on MinIO', server });

describe('a presigned URL of an object on MinIO', () => {
  const key = 'recordings/room/room--0123456789.mp4';
  let bucket: S3Bucket;

  beforeAll(async () => {
    bucket = await createS3Bucket(server());
    await bucket.write(key, Uint8Array.of(1, 2, 3));
    return () => bucket.dispose();
  });

  async function urlFor(ttlMs: number): Promise<string> {
    const linked = createS3Media({ ...bucket.options, links: { endpoint: minio.endpoint, ttlMs } });
    const url = await linked.presign?.(key);
    linked.close();
    return url ?? '';
  }

  it('answers with the type video/mp4 and a private cache policy', async () => {
    const url = await urlFor(60_000);
    expect(url).not.toContain(minioPassword);
    const { status, headers } = await fetch(url);
    expect(status).toBe(200);
    expect(headers.get('Content-Type')).toBe('video/mp4');
    expect(headers.get('Cache-Control')).toBe('private, max-age=3600');
    expect(headers.get('Content-Disposition')).toBeNull();
  });

  it('works only for its lifetime and only for this object', async () => {
    const url = await urlFor(5_000);
    const status = async (at: string) => (await fetch(at)).status;
    expect(await status(url.replace('0123456789', '0123456780'))).toBe(403);
    expect(await status(url)).toBe(200);
    await poll('it is refused', 20_000, async () => (await status(url)) === 403);
  });
});

describe('the S3 media store on MinIO', () => {
  const media = (changes: object) =>
    createS3Media({ bucket: 'any', subfolder: '', region: 'us-east-1', pathStyle: true, ...server(), ...changes });

  it('throws media.unavailable when MinIO refuses the keys', async () => {
    const refused = media({ secretKey: 'wrong' });
    await expect(refused.stat('a.mp4')).rejects.toMatchObject({
      code: 'media.unavailable',
      cause: { $metadata: { httpStatusCode: 403 } },
    });
    await expect(refused.ping()).rejects.toMatchObject({ cause: { name: 'SignatureDoesNotMatch' } });
    refused.close();
  });
});
