import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { outcomeOf } from '../support/recordings.js';
import { numbers, startAll, startInstances, type Instances } from './support/instances.js';

const rooms = 12;
/** Three members start, choose a primary, and Tally looks for what it missed. */
const backWithinMs = 30_000;
/** An election takes 2 s and more, a call waits 3 s for a primary, and a return takes what `backWithinMs` says. */
const outageTimeoutMs = 60_000;

describe('when MongoDB is lost while two instances record', () => {
  let instances: Instances;

  beforeAll(async () => {
    instances = await startInstances({ webhooks: 'both' });
    await instances.startWorker({ media: false, capacity: 50 });
    return () => instances.stop();
  });

  it(
    'because its primary is killed, starts and stops go on with the next one, and what was acknowledged is kept',
    async () => {
      const { first, second, mongo } = instances;
      const roomIds = await instances.openRooms(rooms);
      const early = await startAll(first.client, roomIds.slice(0, rooms / 2));
      const stopped = await Promise.all(early.slice(0, 3).map((id) => second.client.stopRecording(id)));
      const lost = await mongo.primary();
      await lost.kill();
      const later = roomIds.slice(rooms / 2).map((roomId) =>
        poll(`a start in ${roomId}`, backWithinMs, async () => {
          const { status, text } = await second.client.tryStart(roomId);
          if (status === 503) expect(JSON.parse(text)).toMatchObject({ error: 'Storage Error' });
          // Taken although its answer was lost.
          else expect([201, 409]).toContain(status);
          return status !== 503;
        }),
      );
      await Promise.all(later);
      for (const { recordingId } of stopped) {
        expect((await outcomeOf(first.client, recordingId, 15_000)).status).toBe('complete');
      }
      await mongo.startAgain(lost);
      await expectAllStopped(roomIds);
    },
    outageTimeoutMs,
  );

  it(
    'all of it, calls answer 503, and what was acknowledged is kept when it is back',
    async () => {
      const { first, second, mongo } = instances;
      const roomIds = await instances.openRooms(rooms);
      const recordingIds = await startAll(first.client, roomIds.slice(1));
      const stopped = await Promise.all(recordingIds.slice(0, 4).map((id) => second.client.stopRecording(id)));
      await Promise.all(mongo.nodes.map((node) => node.kill()));

      const [fresh = '', , , , , overMeanwhile = ''] = roomIds;
      const running = recordingIds.at(-1) ?? '';
      const answers = await Promise.all(
        [first, second].flatMap(({ client }) => [client.tryStart(fresh), client.tryStop(running)]),
      );
      for (const { status, text } of answers) {
        expect(status).toBe(503);
        expect(JSON.parse(text)).toMatchObject({ error: 'Storage Error' });
      }
      await instances.rooms.deleteRoom(overMeanwhile);

      await Promise.all(mongo.nodes.map((node) => mongo.startAgain(node)));
      await poll('a start', backWithinMs, async () => (await first.client.tryStart(fresh)).status === 201);
      for (const { recordingId } of stopped) {
        expect((await outcomeOf(first.client, recordingId, 15_000)).status).toBe('complete');
      }
      const over = recordingIds[4] ?? '';
      expect((await outcomeOf(second.client, over, 15_000)).status).toBe('complete');
      const others = await Promise.all(recordingIds.slice(5).map((id) => second.client.getRecording(id)));
      expect(others.map(({ status }) => status)).toEqual(numbers(others.length).map(() => 'active'));
      await expectAllStopped(roomIds);
    },
    outageTimeoutMs,
  );

  /** Everything that still records is known to both, can be stopped, and completes. */
  async function expectAllStopped(roomIds: readonly string[]): Promise<void> {
    const { first, second } = instances;
    const listed = (await Promise.all(roomIds.map((roomId) => first.client.listRecordings(roomId)))).flat();
    expect(new Set(listed.map(({ roomId }) => roomId))).toEqual(new Set(roomIds));
    const live = listed.filter(({ status }) => !['complete', 'failed', 'aborted'].includes(status));
    await Promise.all(live.map(({ recordingId }) => second.client.stopRecording(recordingId)));
    const ended = await Promise.all(live.map(({ recordingId }) => outcomeOf(first.client, recordingId, 20_000)));
    expect(ended.map(({ status }) => status)).toEqual(live.map(() => 'complete'));
    expect(await instances.egress.listEgress({ active: true })).toEqual([]);
  }
});
