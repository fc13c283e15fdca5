import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { followStatuses, outcomeOf } from '../support/recordings.js';
import { numbers, startInstances, type Instances } from './support/instances.js';

/** The number of concurrent starts in one room. */
const racers = 30;
/** Time for one recording to start, end and be deleted on a real LiveKit. */
const recordingTimeoutMs = 20_000;

describe('two instances on one MongoDB and one Redis', () => {
  let instances: Instances;

  beforeAll(async () => {
    instances = await startInstances({ webhooks: 'both' });
    await instances.startWorker({ media: false, capacity: 10, activeAfterMs: 300 });
    return () => instances.stop();
  });

  it(
    'each show, stop, serve and delete a recording that either of them started',
    async () => {
      const { first, second } = instances;
      const [roomId = ''] = await instances.openRooms(1);
      const following = followStatuses(second.client, roomId);
      const { recordingId, status } = await first.client.startRecording(roomId);
      expect(status).toBe('active');
      expect(await second.client.getRecording(recordingId)).toMatchObject({ recordingId, roomId, status: 'active' });
      expect((await second.client.stopRecording(recordingId)).recordingId).toBe(recordingId);

      const ended = await outcomeOf(first.client, recordingId, 10_000);
      expect(ended.status).toBe('complete');
      expect(await outcomeOf(second.client, recordingId, 10_000)).toEqual(ended);
      const seen = await following.end();
      const order = ['starting', 'active', 'ending', 'complete'];
      expect(seen).toEqual(order.filter((step) => seen.some((shown) => shown === step)));
      expect(seen).toEqual(expect.arrayContaining(['active', 'complete']));

      const [ours, theirs] = await Promise.all([first.client.media(recordingId), second.client.media(recordingId)]);
      expect([ours.status, theirs.status]).toEqual([200, 200]);
      const bytes = Buffer.from(await ours.arrayBuffer());
      expect(bytes.length).toBe(ended.size);
      expect(Buffer.from(await theirs.arrayBuffer()).equals(bytes)).toBe(true);

      expect((await second.client.deleteRecording(recordingId)).status).toBe(200);
      for (const { client } of [first, second]) {
        expect(await client.listRecordings(roomId)).toEqual([]);
        await expect(client.getRecording(recordingId)).rejects.toThrow(/answered 404/);
        await poll('the file is gone', 20_000, async () => (await client.media(recordingId)).status === 404);
      }
    },
    recordingTimeoutMs,
  );

  it(
    'accept one of thirty concurrent starts in one room, and one of ten concurrent stops',
    async () => {
      const { first, second } = instances;
      const [roomId = ''] = await instances.openRooms(1);
      const tryIt = (index: number) => (index % 2 === 0 ? first : second).client.tryStart(roomId);
      const answers = await Promise.all(numbers(racers).map(tryIt));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...numbers(racers - 1).map(() => 409)]);
      expect(await instances.egress.listEgress({ roomName: roomId, active: true })).toHaveLength(1);

      const [live] = await second.client.listRecordings(roomId);
      const recordingId = live?.recordingId ?? '';
      const stops = await Promise.all(numbers(10).map((index) => (index % 2 === 0 ? first : second).client.tryStop(recordingId)));
      expect(stops.map(({ status }) => status).sort()).toEqual([202, ...numbers(9).map(() => 409)]);
      expect((await outcomeOf(first.client, recordingId, 10_000)).status).toBe('complete');
      await expect(second.client.startRecording(roomId)).resolves.toMatchObject({ status: 'active' });
    },
    recordingTimeoutMs,
  );
});
