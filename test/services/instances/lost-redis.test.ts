import { createConnection } from 'mongoose';
import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import type { JobRun } from '../../../src/jobs/runs.js';
import { connectTo } from '../redis/servers.js';
import { outcomeOf } from '../support/recordings.js';
import { startAll, startInstances, type Instances } from './support/instances.js';

/** Time after the return of Redis until starts work again. */
const backWithinMs = 5_000;
/** Time until the locks of live recordings are taken again after a new connection, and until they are released at the end. */
const locksBackWithinMs = 5_000;
/** Time until the locks are taken again when no connection broke: the job that keeps the locks runs every 3 s here. */
const locksKeptWithinMs = 30_000;
/** Time for calls of one second each to a hanging Redis, and for the retries of failed effects. */
const outageTimeoutMs = 40_000;
const emptiedTimeoutMs = locksKeptWithinMs + outageTimeoutMs;

describe('two instances that record when Redis fails', () => {
  let instances: Instances;

  beforeAll(async () => {
    instances = await startInstances({
      webhooks: 'both',
      tallyEnv: { TALLY_LOCK_GC_INTERVAL_MS: '1000', TALLY_LOCK_KEEPER_INTERVAL_MS: '3000' },
    });
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

  /** The time of the job's last start, on either instance. */
  async function lastRunOf(name: string): Promise<number> {
    const connection = await createConnection(instances.mongo.uri, { dbName: 'tally' }).asPromise();
    const run = await connection.collection<JobRun>('meetjobruns').findOne({ name });
    await connection.close();
    return run?.startedAt ?? 0;
  }

  async function expectJobsGoOn(): Promise<void> {
    const returnedAt = Date.now();
    await poll('the collector runs', 10_000, async () => (await lastRunOf('activeRecordingGarbageCollector')) > returnedAt);
  }

  it(
    'leave no room locked after Redis hung and kept every lock',
    async () => {
      const [stopsA = '', stopsB = '', fresh = ''] = await instances.openRooms(3);
      const toStop = await startAll(instances.second.client, [stopsA, stopsB]);
      process.kill(instances.redis.pid, 'SIGSTOP');
      await expectStartsRefused(fresh);
      await expectStopsGoOn(toStop);
      process.kill(instances.redis.pid, 'SIGCONT');
      await expectStartsWork([fresh, stopsA, stopsB]);
      await expectJobsGoOn();
    },
    outageTimeoutMs,
  );

  it(
    'take the lock of each live recording again after Redis was emptied',
    async () => {
      const { first, second, redis } = instances;
      const roomIds = await instances.openRooms(4);
      const recordingIds = await startAll(first.client, roomIds);
      const client = connectTo(redis.port);
      const locks = () => Promise.all(roomIds.map((roomId) => client.get(lockOf(roomId))));
      const before = await locks();
      await redis.flush();
      const answers = await Promise.all(roomIds.map((roomId) => second.client.tryStart(roomId)));
      expect(answers.map(({ status }) => status)).toEqual(roomIds.map(() => 409));
      await poll('every lock is back', locksKeptWithinMs, async () => !(await locks()).includes(null));
      expect(await locks()).toEqual(before);
      await Promise.all(recordingIds.map((id) => second.client.stopRecording(id)));
      for (const id of recordingIds) expect((await outcomeOf(second.client, id, 5_000)).status).toBe('complete');
      await poll('every lock is freed', locksBackWithinMs, async () => (await locks()).every((lock) => lock === null));
      client.disconnect();
      await expectStartsWork(roomIds);
    },
    emptiedTimeoutMs,
  );

  it(
    'stop recordings and refuse starts while Redis is down, and start recordings again after Redis returns without locks',
    async () => {
      const { first, second, redis } = instances;
      const [stays = '', stopsA = '', stopsB = '', fresh = ''] = await instances.openRooms(4);
      const [kept = '', ...toStop] = await startAll(first.client, [stays, stopsA, stopsB]);
      await redis.kill();
      await expectStartsRefused(fresh);
      await expectStopsGoOn(toStop);
      instances.own(await redis.startAgain());
      await expectStartsWork([fresh, stopsA, stopsB]);
      // Redis has lost the lock, but the recording in the store still holds the room.
      const answers = await Promise.all([first, second].map(({ client }) => client.tryStart(stays)));
      expect(answers.map(({ status }) => status)).toEqual([409, 409]);
      expect((await second.client.getRecording(kept)).status).toBe('active');
      // Both instances have a new connection, and one of them takes the lock again.
      const client = connectTo(redis.port);
      await poll('its lock is held again', locksBackWithinMs, async () => (await client.exists(lockOf(stays))) === 1);
      client.disconnect();
      await expectJobsGoOn();
    },
    outageTimeoutMs,
  );
});

function lockOf(roomId: string): string {
  return `ov_meet_lock:recording_active_${roomId}`;
}
