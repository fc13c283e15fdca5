import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../../scripts/services/index.mjs';
import { outcomeOf } from '../support/recordings.js';
import { startAll, startInstances, type Instances } from './support/instances.js';

/** Starts work again this long after the return. */
const backWithinMs = 5_000;
/** A call to a Redis that hangs takes a second, and what failed is repeated with pauses. */
const outageTimeoutMs = 40_000;

describe('when Redis is lost while two instances record', () => {
  let instances: Instances;

  beforeAll(async () => {
    instances = await startInstances({ webhooks: 'both' });
    await instances.startWorker({ media: false, capacity: 20 });
    return () => instances.stop();
  });

  async function expectStartsRefused(roomId: string): Promise<void> {
    const { first, second } = instances;
    const answers = await Promise.all([first, second].map(({ client }) => client.tryStart(roomId)));
    for (const { status, text } of answers) {
      expect(status).toBe(503);
      expect(JSON.parse(text)).toMatchObject({ error: 'Lock Error' });
    }
  }

  async function expectStopsGoOn(recordingIds: readonly string[]): Promise<void> {
    const { first, second } = instances;
    const [one = '', two = ''] = recordingIds;
    await Promise.all([first.client.stopRecording(two), second.client.stopRecording(one)]);
    for (const id of [one, two]) expect((await outcomeOf(second.client, id, 5_000)).status).toBe('complete');
  }

  async function expectStartsWork(roomIds: readonly string[]): Promise<void> {
    const { first, second } = instances;
    const waiting = roomIds.map((roomId, index) =>
      poll(`a start in ${roomId}`, backWithinMs, async () => {
        const { status } = await (index % 2 === 0 ? first : second).client.tryStart(roomId);
        return status === 201;
      }),
    );
    await Promise.all(waiting);
  }

  it(
    'because it hangs and keeps every lock, no room stays locked after its return',
    async () => {
      const [stopsA = '', stopsB = '', fresh = ''] = await instances.openRooms(3);
      const toStop = await startAll(instances.second.client, [stopsA, stopsB]);
      process.kill(instances.redis.pid, 'SIGSTOP');
      await expectStartsRefused(fresh);
      await expectStopsGoOn(toStop);
      process.kill(instances.redis.pid, 'SIGCONT');
      await expectStartsWork([fresh, stopsA, stopsB]);
    },
    outageTimeoutMs,
  );

  it(
    'because it is killed and forgets every lock, stops go on, starts are refused, and work again after its return',
    async () => {
      const { first, second, redis } = instances;
      const [stays = '', stopsA = '', stopsB = '', fresh = ''] = await instances.openRooms(4);
      const [kept = '', ...toStop] = await startAll(first.client, [stays, stopsA, stopsB]);
      await redis.kill();
      await expectStartsRefused(fresh);
      await expectStopsGoOn(toStop);
      instances.own(await redis.startAgain());
      await expectStartsWork([fresh, stopsA, stopsB]);
      // The lock is forgotten; the record still holds the room.
      const answers = await Promise.all([first, second].map(({ client }) => client.tryStart(stays)));
      expect(answers.map(({ status }) => status)).toEqual([409, 409]);
      expect((await second.client.getRecording(kept)).status).toBe('active');
    },
    outageTimeoutMs,
  );
});
