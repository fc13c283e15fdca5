import { randomBytes } from 'node:crypto';

import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

import { createS3Media, type S3Media, type S3MediaOptions } from '../../../src/persistence/s3/s3-media.js';

export interface S3Server {
  endpoint: string;
  accessKey: string;
  secretKey: string;
}

export interface S3Bucket {
  name: string;
  /** The media store in this bucket, in the subfolder `tally` unless the options name another. */
  media: S3Media;
  options: S3MediaOptions;
  /** Writes an object below the subfolder. @param checksum the algorithm of a checksum that the server stores with the object */
  write(key: string, bytes: Uint8Array, checksum?: 'CRC32' | 'SHA256'): Promise<void>;
  dispose(): Promise<void>;
}

/** Creates a new bucket on a running server. */
export async function createS3Bucket(server: S3Server, changes: Partial<S3MediaOptions> = {}): Promise<S3Bucket> {
  const { endpoint, accessKey, secretKey } = server;
  const name = `tally-${randomBytes(6).toString('hex')}`;
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  const options = {
    bucket: name,
    subfolder: 'tally',
    endpoint,
    region: 'us-east-1',
    accessKey,
    secretKey,
    pathStyle: true,
    ...changes,
  };
  const media = createS3Media(options);
  return {
    name,
    media,
    options,
    async write(key, bytes, checksum) {
      const extra = checksum === undefined ? {} : { ChecksumAlgorithm: checksum };
      await client.send(new PutObjectCommand({ Bucket: name, Key: media.egressPath(key), Body: bytes, ...extra }));
    },
    async dispose() {
      media.close();
      client.destroy();
    },
  };
}
