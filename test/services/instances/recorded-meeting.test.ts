import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { expectMeeting, meetFor, outcomeOf, watchMedia } from '../support/recordings.js';
import { startBucket, type Bucket } from './support/bucket.js';
import { startInstances, type Instances } from './support/instances.js';

const recordedSeconds = 8;
/** Time for the start of a browser, the recording, and the upload and decoding of its file. */
const recordingTimeoutMs = 60_000;

describe('the recording of a real meeting, with two instances on MongoDB, Redis and MinIO,', () => {
  let instances: Instances;
  let bucket: Bucket;

  beforeAll(async () => {
    bucket = await startBucket();
    instances = await startInstances({ webhooks: 'first', tallyEnv: bucket.env });
    await instances.startWorker({ s3: bucket.worker });
    return async () => {
      await instances.stop();
      await bucket.stop();
    };
  });

  it(
    'is started through one instance, stopped through the other, and played through the first',
    async () => {
      const { first, second } = instances;
      const roomId = await first.client.createRoom('Shared');
      const leave = await instances.meet(roomId);
      const { recordingId, status } = await first.client.startRecording(roomId);
      expect(status).toBe('active');
      await meetFor(recordedSeconds);
      await second.client.stopRecording(recordingId);
      expect((await outcomeOf(second.client, recordingId, 20_000)).status).toBe('complete');
      expect(await bucket.keys()).toHaveLength(1);
      expectMeeting(await watchMedia(first.client, recordingId), recordedSeconds);
      expect((await second.client.deleteRecording(recordingId)).status).toBe(200);
      await poll('the file is removed', 20_000, async () => (await bucket.keys()).length === 0);
      await leave();
    },
    recordingTimeoutMs,
  );

  it(
    'goes on when the instance that started it is killed, and the other instance stops and plays it',
    async () => {
      const { first, second } = instances;
      const roomId = await first.client.createRoom('Killed');
      const leave = await instances.meet(roomId);
      const { recordingId } = await first.client.startRecording(roomId);
      await first.process.kill();
      await meetFor(recordedSeconds);
      expect((await second.client.tryStart(roomId)).status).toBe(409);
      await second.client.stopRecording(recordingId);
      // No webhook arrives any more, so reconciling finds the end.
      expect((await outcomeOf(second.client, recordingId, 30_000)).status).toBe('complete');
      expectMeeting(await watchMedia(second.client, recordingId), recordedSeconds);
      await leave();
    },
    recordingTimeoutMs,
  );
});
