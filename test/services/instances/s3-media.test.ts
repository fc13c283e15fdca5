import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { minioPassword, minioUser, poll, startMinio } from '../../../scripts/services/index.mjs';
import { outcomeOf, watchMedia } from '../support/recordings.js';
import { startInstances, type Instances } from './support/instances.js';

const [bucket, folder] = ['recordings-of-the-tests', 'a-folder'];
/** A recording is started, ends, is fetched and decoded, and is deleted. */
const recordingTimeoutMs = 20_000;

describe('two instances whose files are on MinIO', () => {
  let instances: Instances;
  let client: S3Client;

  beforeAll(async () => {
    const { endpoint, ...minio } = await startMinio();
    const [accessKey, secretKey, region] = [minioUser, minioPassword, 'us-east-1'];
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
    client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    instances = await startInstances({
      webhooks: 'both',
      tallyEnv: {
        MEET_S3_SERVICE_ENDPOINT: endpoint,
        MEET_S3_BUCKET: bucket,
        MEET_S3_SUBBUCKET: folder,
        MEET_S3_ACCESS_KEY: accessKey,
        MEET_S3_SECRET_KEY: secretKey,
      },
    });
    await instances.startWorker({ media: false, s3: { endpoint, bucket, accessKey, secretKey } });
    return async () => {
      client.destroy();
      await instances.stop();
      await minio.stop();
    };
  });

  async function keys(): Promise<readonly (string | undefined)[]> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key }) => Key);
  }

  it(
    'what the egress uploads is found, served in whole and in part, and removed with its recording',
    async () => {
      const { first, second } = instances;
      const [roomId = ''] = await instances.openRooms(1);
      const { recordingId } = await first.client.startRecording(roomId);
      await second.client.stopRecording(recordingId);
      const ended = await outcomeOf(second.client, recordingId, 10_000);
      expect(ended.status).toBe('complete');
      const uid = recordingId.split('--')[2] ?? '';
      expect(await keys()).toEqual([`${folder}/recordings/${roomId}/${roomId}--${uid}.mp4`]);

      const { kinds, durationSeconds } = await watchMedia(second.client, recordingId);
      expect(kinds).toEqual(['audio', 'video']);
      expect(durationSeconds).toBeCloseTo(2, 0);
      const whole = Buffer.from(await (await first.client.media(recordingId)).arrayBuffer());
      expect(whole.length).toBe(ended.size);
      const part = await second.client.media(recordingId, 'bytes=100-299');
      expect(part.status).toBe(206);
      expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(100, 300))).toBe(true);

      expect((await first.client.deleteRecording(recordingId)).status).toBe(200);
      expect((await second.client.media(recordingId)).status).toBe(404);
      await poll('the file is removed', 5_000, async () => (await keys()).length === 0);
    },
    recordingTimeoutMs,
  );
});
