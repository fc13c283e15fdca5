import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { minioPassword, minioUser, startMinio, type EgressWorkerOptions } from '../../../servers/index.js';

const [bucket, folder] = ['recordings-of-the-tests', 'a-folder'];

/** A bucket on its own MinIO server. */
export interface Bucket {
  /** Environment variables that make Tally use the bucket. */
  readonly env: Readonly<Record<string, string>>;
  /** Options that make an egress worker use the bucket. */
  readonly worker: Required<EgressWorkerOptions>['s3'];
  /** Tally's folder in the bucket. */
  readonly folder: string;
  keys(): Promise<readonly (string | undefined)[]>;
  stop(): Promise<void>;
}

export async function startBucket(): Promise<Bucket> {
  const { endpoint, ...minio } = await startMinio();
  const [accessKey, secretKey, region] = [minioUser, minioPassword, 'us-east-1'];
  const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    env: {
      MEET_S3_SERVICE_ENDPOINT: endpoint,
      MEET_S3_BUCKET: bucket,
      MEET_S3_SUBBUCKET: folder,
      MEET_S3_ACCESS_KEY: accessKey,
      MEET_S3_SECRET_KEY: secretKey,
    },
    worker: { endpoint, bucket, accessKey, secretKey },
    folder,
    async keys() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key }) => Key);
    },
    async stop() {
      client.destroy();
      await minio.stop();
    },
  };
}
