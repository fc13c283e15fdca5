import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minioPassword, minioUser, startMinio, type Minio } from '../../../scripts/services/index.mjs';
import { createS3Media } from '../../../src/persistence/s3/s3-media.js';
import { s3MediaContract } from '../../contracts/s3-media.js';

let minio: Minio;

const server = () => ({ endpoint: minio.endpoint, accessKey: minioUser, secretKey: minioPassword });

beforeAll(async () => {
  minio = await startMinio();
});
afterAll(() => minio.stop());

s3MediaContract({ name: 'S3 on MinIO', server });

describe('a MinIO that refuses', () => {
  const media = (changes: object) =>
    createS3Media({ bucket: 'any', subfolder: '', region: 'us-east-1', pathStyle: true, ...server(), ...changes });

  it('wrong keys: an outage, not a missing object', async () => {
    const refused = media({ secretKey: 'wrong' });
    await expect(refused.stat('a.mp4')).rejects.toMatchObject({
      code: 'media.unavailable',
      cause: { $metadata: { httpStatusCode: 403 } },
    });
    await expect(refused.ping()).rejects.toMatchObject({ cause: { name: 'SignatureDoesNotMatch' } });
    refused.close();
  });
});
