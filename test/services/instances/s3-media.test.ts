import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { outcomeOf, watchMedia } from '../support/recordings.js';
import { startBucket, type Bucket } from './support/bucket.js';
import { startInstances, type Instances } from './support/instances.js';

/** Time for one recording to start, end, be downloaded and decoded, and be deleted. */
const recordingTimeoutMs = 20_000;

describe('two instances with their media on MinIO', () => {
  let instances: Instances;
  let bucket: Bucket;

  beforeAll(async () => {
    bucket = await startBucket();
    instances = await startInstances({ webhooks: 'both', tallyEnv: bucket.env });
    await instances.startWorker({ media: false, s3: bucket.worker });
    return async () => {
      await instances.stop();
      await bucket.stop();
    };
  });

  it(
    'find the file that the egress uploads, serve it whole and in part, and remove it with its recording',
    async () => {
      const { first, second } = instances;
      const [roomId = ''] = await instances.openRooms(1);
      const { recordingId } = await first.client.startRecording(roomId);
      await second.client.stopRecording(recordingId);
      const ended = await outcomeOf(second.client, recordingId, 10_000);
      expect(ended.status).toBe('complete');
      const uid = recordingId.split('--')[2] ?? '';
      expect(await bucket.keys()).toEqual([`${bucket.folder}/recordings/${roomId}/${roomId}--${uid}.mp4`]);

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
      await poll('the file is removed', 20_000, async () => (await bucket.keys()).length === 0);
    },
    recordingTimeoutMs,
  );
});
