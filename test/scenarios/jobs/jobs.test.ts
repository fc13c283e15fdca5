import { afterEach, describe, expect, it } from 'vitest';

import type { JobRun } from '../../../src/jobs/runs.js';
import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { BUILD_TIMEOUT_MS, buildOnce } from '../../support/apps/build-once.js';
import { eventually } from '../../support/eventually.js';
import { createJumpingClock } from '../../support/jumping-clock.js';
import { adapters } from '../../support/stores/stores.js';
import { startTallyProcess } from '../../support/apps/tally-process.js';

const COLLECTOR = 'activeRecordingGarbageCollector';
const HOUR_MS = 3_600_000;
const EVERY_SECOND = { TALLY_LOCK_GC_INTERVAL_MS: '1000', TALLY_LOCK_GRACE_MS: '0' };

describe('the periodic jobs of an instance', () => {
  let tally: AppOnSimulator | undefined;
  afterEach(async () => {
    await tally?.close();
    tally = undefined;
  });

  const ranAfter = ({ app }: AppOnSimulator, at: number): Promise<JobRun | undefined> =>
    eventually(
      'the job runs',
      () => app.persistence.jobRuns.load(COLLECTOR),
      (run) => run !== undefined && run.startedAt > at,
    );

  it('run at the start, and store how each run ended', async () => {
    const begunAt = Date.now();
    tally = await startAppOnSimulator({ speed: 50 });
    const run = await ranAfter(tally, begunAt - 1);
    expect(run).toMatchObject({ counts: {}, instance: expect.any(String) });
    expect(run?.finishedAt).toBeGreaterThanOrEqual(run?.startedAt ?? Infinity);
  });

  it('run at their ticks: a lock that no recording needs is freed', async () => {
    tally = await startAppOnSimulator({ speed: 50, env: EVERY_SECOND });
    const roomId = await tally.openRoom();
    const first = await ranAfter(tally, 0);
    await tally.app.persistence.roomLocks.acquire(roomId, 'a-start-that-never-came', HOUR_MS);
    const freed = await eventually(
      'a run freed it',
      async () => ({
        run: await tally?.app.persistence.jobRuns.load(COLLECTOR),
        locks: await tally?.app.persistence.roomLocks.list(),
      }),
      ({ locks }) => locks?.length === 0,
    );
    expect(freed.locks).toEqual([]);
    const second = await ranAfter(tally, first?.startedAt ?? 0);
    await ranAfter(tally, second?.startedAt ?? 0);
    expect((await tally.api.start(roomId)).status).toBe(201);
  });

  // Over 5 s on real servers: their time cannot jump, and a deletion date has to pass.
  it('run at their ticks: a room past its deletion date is deleted, unless its policy refuses or its date is to come', async () => {
    const env = { TALLY_ROOM_EXPIRY_INTERVAL_MS: '1000', TALLY_MIN_AUTO_DELETION_LEAD_MS: '0' };
    const clock = createJumpingClock();
    tally = await startAppOnSimulator({ speed: 50, env, clock });
    const { api, simulator } = tally;
    // Time enough to begin the recording that keeps its room. Where time cannot jump it has to pass.
    const leadMs = adapters.timeCanJump ? 60_000 : 10_000;
    const expiring = { autoDeletionDate: Date.now() + leadMs };
    const [empty, recorded, later] = [
      await api.createRoom('Empty', expiring),
      await api.createRoom('Recorded', {
        ...expiring,
        autoDeletionPolicy: { withMeeting: 'when_meeting_ends', withRecordings: 'close' },
      }),
      await api.createRoom('Later', { autoDeletionDate: Date.now() + HOUR_MS }),
    ];
    await simulator.join(recorded);
    expect((await api.start(recorded)).status).toBe(201);
    clock.jump(leadMs);
    await eventually(
      'the empty room is gone',
      () => api.getRoom(empty),
      ({ status }) => status === 404,
    );
    expect([(await api.getRoom(recorded)).status, (await api.getRoom(later)).status]).toEqual([200, 200]);
  });
});

it(
  'a built process runs its jobs at their ticks, and stops at once while they run',
  async () => {
    await buildOnce();
    const tally = await startTallyProcess({ speed: 50, env: EVERY_SECOND });
    await eventually(
      'three runs of a job',
      () =>
        tally
          .stderr()
          .split('\n')
          .filter((line) => line.includes(COLLECTOR) && line.includes('job ran')).length,
      (count) => count >= 3,
      30_000,
    );
    const { code, ms, stderr } = await tally.terminate();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(5_000);
    expect(stderr).not.toContain('"level":40');
    const run = await tally.withStores((stores) => stores.jobRuns.load(COLLECTOR));
    expect(run).toMatchObject({ counts: {} });
    await tally.stop();
  },
  BUILD_TIMEOUT_MS,
);
