import { EgressStatus } from 'livekit-server-sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { outcomeOf } from '../support/recordings.js';
import type { Recording } from '../support/tally-client.js';
import { numbers, startAll, startInstances, type Instances } from './support/instances.js';

const recordingRooms = 30;
const startingRooms = 6;
const stoppedRooms = 6;
/** The other instance must have finished the work of the killed instance after this time. */
const repairedWithinMs = 15_000;
/** Time for some 40 recorders to connect to one LiveKit on a small machine, once before and once after the repair. */
const killTimeoutMs = 60_000;

describe('two instances, of which the one that receives the webhooks is killed', () => {
  let instances: Instances;

  beforeAll(async () => {
    instances = await startInstances({ webhooks: 'first' });
    await instances.startWorker({ media: false, capacity: 100, activeAfterMs: 1_500 });
    return () => instances.stop();
  });

  it(
    'finish every start and every accepted stop of the killed instance within 15 s',
    async () => {
      const { first, second } = instances;
      const survivor = second.client;
      const roomIds = await instances.openRooms(recordingRooms + startingRooms);
      const [live, toStart] = [roomIds.slice(0, recordingRooms), roomIds.slice(recordingRooms)];
      const recordingIds = await startAll(first.client, live);
      const statusOf = async (roomId: string): Promise<Recording['status'] | undefined> =>
        (await survivor.listRecordings(roomId))[0]?.status;

      const cutOff = toStart.map((roomId) => first.client.tryStart(roomId).catch(() => undefined));
      await poll('all of them are known to the other', 10_000, async () =>
        (await Promise.all(toStart.map(statusOf))).every((s) => s !== undefined),
      );
      const stopped = recordingIds.slice(0, stoppedRooms);
      cutOff.push(...stopped.map((id) => first.client.tryStop(id).catch(() => undefined)));
      await poll('a stop is taken', 20_000, async () => (await survivor.getRecording(stopped[0] ?? '')).status !== 'active', 5);
      await first.process.kill();
      const killedAt = performance.now();
      await Promise.all(cutOff);

      const leftMs = () => repairedWithinMs - (performance.now() - killedAt);
      // A stop that was not accepted before the kill leaves its recording active.
      await poll('every stop that was taken is done', leftMs(), async () => {
        const now = await Promise.all(stopped.map((id) => survivor.getRecording(id)));
        return now.every(({ status }) => ['active', 'complete'].includes(status));
      });
      await poll('what was starting records', leftMs(), async () => {
        const now = await Promise.all(toStart.map(statusOf));
        return now.every((status) => status === 'active');
      });

      const running = await instances.egress.listEgress({ active: true });
      expect(new Set(running.map(({ status }) => status))).toEqual(new Set([EgressStatus.EGRESS_ACTIVE]));
      const listed = (await Promise.all(roomIds.map((roomId) => survivor.listRecordings(roomId)))).flat();
      const active = listed.filter(({ status }) => status === 'active');
      expect(running.map(({ roomName }) => roomName).sort()).toEqual(active.map(({ roomId }) => roomId).sort());
      expect(listed).toHaveLength(roomIds.length);

      await instances.restartFirst();
      await Promise.all(active.map(({ recordingId }) => survivor.stopRecording(recordingId)));
      const ended = await Promise.all(active.map(({ recordingId }) => outcomeOf(survivor, recordingId, 20_000)));
      expect(ended.map(({ status }) => status)).toEqual(numbers(active.length).map(() => 'complete'));
      const again = await Promise.all(roomIds.map((roomId) => survivor.tryStart(roomId)));
      expect(again.map(({ status }) => status)).toEqual(roomIds.map(() => 201));
    },
    killTimeoutMs,
  );
});
