import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { outcomeOf } from '../support/recordings.js';
import { startAll, startInstances, type Instances } from './support/instances.js';

const recordingRooms = 10;
const stoppedRooms = 5;
/** Time until the leases of the hung instance expire and the other instance has compared its records with LiveKit. */
const repairedWithinMs = 15_000;
/** Time for the repair, and for the work of the hung instance after it continues. */
const hangTimeoutMs = 60_000;

describe('two instances, of which the one that receives the webhooks hangs', () => {
  let instances: Instances;

  beforeAll(async () => {
    // The other instance receives no webhooks, so it reconciles, here every 3 s instead of every 10 s.
    instances = await startInstances({ webhooks: 'first', tallyEnv: { TALLY_RECONCILE_INTERVAL_MS: '3000' } });
    await instances.startWorker({ media: false, capacity: 30 });
    return () => instances.stop();
  });

  it(
    'complete every accepted stop and record the rooms anew, and the late work of the hung instance does no harm',
    async () => {
      const { first, second, egress } = instances;
      const roomIds = await instances.openRooms(recordingRooms);
      const recordingIds = await startAll(first.client, roomIds);
      const stopped = recordingIds.slice(0, stoppedRooms);
      const late = stopped.map((id) => first.client.tryStop(id));
      const [soonest = ''] = stopped;
      await poll('a stop is taken', 20_000, async () => (await second.client.getRecording(soonest)).status !== 'active', 5);
      process.kill(first.process.pid, 'SIGSTOP');
      const over = await poll('every stop that was taken is done', repairedWithinMs, async () => {
        const now = await Promise.all(stopped.map((id) => second.client.getRecording(id)));
        const isDone = now.every(({ status }) => ['active', 'complete'].includes(status));
        return isDone ? now.filter(({ status }) => status === 'complete') : undefined;
      });
      expect(over).not.toEqual([]);
      const next = await startAll(
        second.client,
        over.map(({ roomId }) => roomId),
      );

      process.kill(first.process.pid, 'SIGCONT');
      // The hung instance accepts the stop now, finds that it was already accepted, or gives up.
      for (const { status } of await Promise.all(late)) expect([202, 409, 503]).toContain(status);
      await poll('nothing ends any more', 15_000, async () => {
        const now = await Promise.all(recordingIds.map((id) => first.client.getRecording(id)));
        return now.every(({ status }) => status !== 'ending');
      });
      const listed = (await Promise.all(roomIds.map((roomId) => first.client.listRecordings(roomId)))).flat();
      expect(listed).toHaveLength(recordingIds.length + next.length);
      const live = listed.filter(({ status }) => status === 'active');
      expect(live.map(({ recordingId }) => recordingId)).toEqual(expect.arrayContaining([...next]));
      const running = await egress.listEgress({ active: true });
      expect(running.map(({ roomName }) => roomName).sort()).toEqual(live.map(({ roomId }) => roomId).sort());

      await Promise.all(live.map(({ recordingId }) => first.client.stopRecording(recordingId)));
      const ended = await Promise.all(live.map(({ recordingId }) => outcomeOf(second.client, recordingId, 15_000)));
      expect(ended.map(({ status }) => status)).toEqual(live.map(() => 'complete'));
    },
    hangTimeoutMs,
  );
});
