import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../servers/index.js';
import { outcomeOf } from '../support/recordings.js';
import { numbers, startAll, startInstances, type Instances } from './support/instances.js';

const rooms = 12;
/** Time for three members to start and elect a primary, and for Tally to reconcile. */
const backWithinMs = 30_000;
/** Time for an election of 2 s or more, calls that wait 3 s for a primary, and a recovery within `backWithinMs`. */
const outageTimeoutMs = 60_000;

describe('two instances that record when MongoDB fails', () => {
  let instances: Instances;

  beforeAll(async () => {
    instances = await startInstances({ webhooks: 'both' });
    await instances.startWorker({ media: false, capacity: 50 });
    return () => instances.stop();
  });

  it(
    'start and stop recordings on the next primary when the primary is killed, and keep every acknowledged command',
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
          // 409 means that an earlier start was accepted although its answer was lost.
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
    'answer 503 while every member of MongoDB is down, and complete every acknowledged stop afterwards',
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

  /** Expects that both instances know every running recording, and that each can be stopped and completes. */
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
