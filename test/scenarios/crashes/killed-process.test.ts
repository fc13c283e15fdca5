import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { RecordingStatus } from '../../../src/machines/recording/recording.js';
import { BUILD_TIMEOUT_MS, buildOnce } from '../../support/apps/build-once.js';
import { eventually } from '../../support/eventually.js';
import { i1TwoLive, i3Unowned, leftRunning, orphanedLocks } from '../../support/invariants.js';
import { oweEffect } from '../../support/owe-effect.js';
import { adapters } from '../../support/stores/stores.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';

/** Every recording is right within this time of the restart. */
const RIGHT_WITHIN_MS = 5_000 + adapters.laterMs;
/** Two processes start, and a good dozen recordings come to the moment of the kill. */
const SETUP_TIMEOUT_MS = BUILD_TIMEOUT_MS + 30_000;

// Every stage is looked at from the restart on.
vi.setConfig({ maxConcurrency: 16 });

const START = 'StartRoomCompositeEgress';

interface Stage {
  title: string;
  /** Bring a recording of this room to the moment at which Tally is killed. @returns what to do while it is down */
  prepare(tally: TallyProcess, roomId: string): Promise<(() => void | Promise<void>) | undefined>;
  /** What it must be after the restart: its outcome, or `active`. */
  becomes: RecordingStatus;
}

const STAGES: Stage[] = [
  {
    title: 'requested, its start call not taken yet',
    async prepare({ api, proxy, simulator }, roomId) {
      const hold = proxy.hold('request', START, roomId);
      unanswered(api.start(roomId));
      await hold.reached;
      return async () => {
        hold.release();
        await untilState(simulator, roomId, 'EGRESS_ACTIVE');
      };
    },
    becomes: 'active',
  },
  {
    title: 'requested, taken and never answered, without webhooks',
    async prepare({ api, proxy, simulator }, roomId) {
      await simulator.script({ name: 'lost-all-webhooks' }, roomId);
      const hold = proxy.hold('answer', START, roomId);
      unanswered(api.start(roomId));
      await hold.reached;
      return async () => {
        hold.release();
        await untilState(simulator, roomId, 'EGRESS_ACTIVE');
      };
    },
    becomes: 'active',
  },
  {
    title: 'requested, recording before the answer',
    async prepare({ api, simulator }, roomId) {
      await simulator.script({ name: 'active-before-response', delayMs: 100_000 }, roomId);
      unanswered(api.start(roomId));
      await untilState(simulator, roomId, 'EGRESS_STARTING');
      return undefined;
    },
    becomes: 'active',
  },
  {
    title: 'requested, told of the start after the answer',
    async prepare({ api, simulator }, roomId) {
      await simulator.script({ name: 'started-after-response' }, roomId);
      unanswered(api.start(roomId));
      await untilState(simulator, roomId, 'EGRESS_STARTING');
      return undefined;
    },
    becomes: 'active',
  },
  {
    title: 'awaiting an egress that is slow',
    async prepare({ api, simulator }, roomId) {
      await simulator.script({ name: 'slow-start' }, roomId);
      unanswered(api.start(roomId));
      await untilListed(api, roomId);
      return undefined;
    },
    becomes: 'active',
  },
  {
    title: 'awaiting an egress that will never record',
    async prepare({ api, simulator }, roomId) {
      await simulator.script({ name: 'never-active' }, roomId);
      unanswered(api.start(roomId));
      await untilListed(api, roomId);
      return undefined;
    },
    becomes: 'failed',
  },
  {
    title: 'cancelling a start that was stopped',
    async prepare({ api, proxy, simulator }, roomId) {
      await simulator.script({ name: 'never-active' }, roomId);
      unanswered(api.start(roomId));
      const { recordingId, egressId } = await untilListed(api, roomId);
      const hold = proxy.hold('request', 'StopEgress', egressId);
      unanswered(api.stop(recordingId));
      await hold.reached;
      return undefined;
    },
    becomes: 'aborted',
  },
  {
    title: 'active',
    async prepare({ api }, roomId) {
      expect((await api.start(roomId)).status).toBe(201);
      return undefined;
    },
    becomes: 'active',
  },
  {
    title: 'active, and over while Tally is down',
    async prepare({ api, simulator }, roomId) {
      expect((await api.start(roomId)).status).toBe(201);
      return async () => {
        await simulator.deleteRoom(roomId);
        await untilState(simulator, roomId, 'EGRESS_COMPLETE');
      };
    },
    becomes: 'complete',
  },
  {
    title: 'stopping, LiveKit not told yet',
    async prepare({ api, proxy }, roomId) {
      const { body } = await api.start(roomId);
      const hold = proxy.hold('request', 'StopEgress', body.recordingId.split('--')[1] ?? '');
      unanswered(api.stop(body.recordingId));
      await hold.reached;
      return undefined;
    },
    becomes: 'complete',
  },
  {
    title: 'stopping, the file on its way',
    async prepare({ api, simulator }, roomId) {
      await simulator.script({ name: 'slow-upload', delayMs: 20_000 }, roomId);
      const { body } = await api.start(roomId);
      expect((await api.stop(body.recordingId)).status).toBe(202);
      return undefined;
    },
    becomes: 'complete',
  },
  {
    title: 'settled, its lock not released yet',
    async prepare(tally, roomId) {
      const { body } = await tally.api.start(roomId);
      await tally.api.stop(body.recordingId);
      await tally.api.outcome(body.recordingId);
      return () => oweTheRelease(tally, roomId, body.recordingId.split('--')[2] ?? '');
    },
    becomes: 'complete',
  },
];

describe('a Tally that is killed with kill -9 while a recording is', () => {
  let tally: TallyProcess;
  let restartedAt: number;
  const roomIds = new Map<string, string>();
  const orphan = { roomId: '' };

  beforeAll(async () => {
    await buildOnce();
    tally = await startTallyProcess({ speed: 10, env: { TALLY_START_TIMEOUT_MS: '5000', TALLY_RECONCILE_INTERVAL_MS: '1000' } });
    orphan.roomId = await tally.openRoom();
    const whileDown = await Promise.all(
      STAGES.map(async ({ title, prepare }) => {
        const roomId = await tally.openRoom();
        roomIds.set(title, roomId);
        return prepare(tally, roomId);
      }),
    );
    await tally.kill();
    for (const act of whileDown) await act?.();
    await tally.withStores(({ roomLocks }) => roomLocks.acquire(orphan.roomId, '0123456789', 3_600_000));
    await tally.start();
    restartedAt = performance.now();
  }, SETUP_TIMEOUT_MS);
  afterAll(() => tally.stop());

  it.concurrent.each(STAGES.map(({ title, becomes }) => [title, becomes] as const))(
    '%s: the recording is %s soon after the restart',
    async (title, becomes) => {
      const { api, simulator } = tally;
      const roomId = roomIds.get(title) ?? '';
      const [recording] = await eventually(
        `a recording of ${title} is ${becomes}`,
        () => api.list(roomId),
        (recordings) => recordings[0]?.status === becomes,
        RIGHT_WITHIN_MS - (performance.now() - restartedAt),
      );
      process.stdout.write(
        `${title}: ${becomes} ${((performance.now() - restartedAt) / 1_000).toFixed(2)} s after the restart\n`,
      );
      const recordingId = recording?.recordingId ?? '';
      if (becomes === 'active') {
        expect((await api.start(roomId)).status).toBe(409);
        expect((await api.stop(recordingId)).status).toBe(202);
        expect((await api.outcome(recordingId)).status).toBe('complete');
      }
      if (['active', 'complete'].includes(becomes)) expect(await api.plays(recordingId)).toBeGreaterThan(0);
      await simulator.resetScript(roomId);
      await expectRoomFree(roomId);
    },
  );

  // Over 5 s on Redis: no instance may free the lock before it expires.
  it('about to be created, with only its lock taken: the room is free after the restart', async () => {
    await tally.simulator.join(orphan.roomId);
    const { body } = await eventually(
      'the room is free',
      () => tally.api.start(orphan.roomId),
      ({ status }) => status === 201,
      adapters.lockMs,
    );
    await tally.api.stop(body.recordingId);
    expect((await tally.api.outcome(body.recordingId)).status).toBe('complete');
  });

  it('leaves no unowned egress, no start that was sent twice and no lock', async () => {
    const egresses = await tally.simulator.egresses();
    expect(i1TwoLive(egresses)).toEqual([]);
    expect(i3Unowned(egresses, await tally.api.list())).toEqual([]);
    expect(leftRunning(egresses)).toEqual([]);
    const starts = tally.proxy.calls
      .filter(({ method }) => method === START)
      .map(({ body }) => /--[0-9a-f]{10}\.mp4/.exec(body)?.[0]);
    expect(starts).toHaveLength(new Set(starts).size);
    expect((await tally.terminate()).code).toBe(0);
    expect(await tally.withStores(orphanedLocks)).toEqual([]);
  });

  async function expectRoomFree(roomId: string): Promise<void> {
    const { api, simulator } = tally;
    await simulator.join(roomId);
    const { status, body } = await api.start(roomId);
    expect([status, body.message]).toEqual([201, undefined]);
    expect((await api.stop(body.recordingId)).status).toBe(202);
    expect((await api.outcome(body.recordingId)).status).toBe('complete');
  }
});

/** A request that the kill will cut. */
function unanswered(request: Promise<unknown>): void {
  request.catch(() => undefined);
}

async function untilState(simulator: TallyProcess['simulator'], roomId: string, status: string): Promise<void> {
  await eventually(`the egress of ${roomId} has come to ${status}`, simulator.egresses, (egresses) =>
    egresses.some((egress) => egress.roomName === roomId && egress.states.some((state) => state.status === status)),
  );
}

async function untilListed(api: TallyProcess['api'], roomId: string): Promise<{ recordingId: string; egressId: string }> {
  const [recording] = await eventually(
    'the recording is listed',
    () => api.list(roomId),
    ({ length }) => length > 0,
  );
  const recordingId = recording?.recordingId ?? '';
  return { recordingId, egressId: recordingId.split('--')[1] ?? '' };
}

/** Put the stores back to the moment between the commit of the outcome and its effects. */
async function oweTheRelease(tally: TallyProcess, roomId: string, uid: string): Promise<void> {
  await tally.withStores(async ({ recordings, roomLocks }) => {
    const lock = await roomLocks.acquire(roomId, uid, 3_600_000);
    // Not acquired: the kill came at just that moment.
    if (lock.acquired) await oweEffect(recordings, uid, 'releaseRoomLock', { value: lock.value });
  });
}
