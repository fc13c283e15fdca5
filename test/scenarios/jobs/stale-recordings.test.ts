import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';

const SPEED = 50;
const GONE_MS = 500;

describe('a recording whose participants have left although its egress goes on', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({
      speed: SPEED,
      // No pass and no job looks at LiveKit unless the test asks for it.
      env: {
        TALLY_STALE_AFTER_MS: '200',
        TALLY_RECORDER_GONE_MS: String(GONE_MS),
        TALLY_RECONCILE_INTERVAL_MS: '3600000',
        TALLY_SUSPECT_RECHECK_MS: '3600000',
        TALLY_UPLOAD_BUDGET_MS: '2000',
      },
    });
  });
  afterAll(() => tally.close());

  /** Recordings older than the threshold, and LiveKit slow to close a room that is empty. */
  async function recordRooms(count: number) {
    const { api, simulator } = tally;
    await simulator.setSpeed(SPEED);
    const roomIds = await Promise.all(Array.from({ length: count }, () => tally.openRoom()));
    const started = await Promise.all(roomIds.map((roomId) => api.start(roomId)));
    expect(started.map(({ status }) => status)).toEqual(roomIds.map(() => 201));
    const startedAt = Date.now();
    await eventually(
      'they are older than the threshold',
      () => Date.now() - startedAt,
      (ageMs) => ageMs > 1_000,
    );
    return started.map(({ body }, index) => ({ roomId: roomIds[index] ?? '', recordingId: body.recordingId }));
  }
  const uidOf = (recordingId: string) => recordingId.split('--')[2] ?? '';
  const sweep = () => tally.app.jobs.runNow('staleRecordingsCleanup');

  it('is stopped and plays, while one with a participant in its room goes on', async () => {
    const { api, app, simulator } = tally;
    const [left, used] = await recordRooms(2);
    if (left === undefined || used === undefined) throw new Error('two were started');
    await simulator.setSpeed(1);
    await simulator.leave(left.roomId);
    expect(await sweep()).toBe('ran');
    await simulator.setSpeed(SPEED);
    expect((await api.outcome(left.recordingId)).status).toBe('complete');
    expect(await api.plays(left.recordingId)).toBeGreaterThan(0);
    expect((await app.persistence.recordings.load(uidOf(left.recordingId)))?.stopReason).toBe('stale');
    const egress = (await simulator.egresses()).find(({ roomName }) => roomName === left.roomId);
    expect(egress?.endedBy).toBe('stop');
    expect((await api.get(used.recordingId)).body.status).toBe('active');
    const run = await app.persistence.jobRuns.load('staleRecordingsCleanup');
    expect(run).toMatchObject({ counts: { in_use: 1, stale: 1, stopped: 1 } });
    await api.stop(used.recordingId);
    await api.outcome(used.recordingId);
  });

  it('is aborted when no complete file is delivered', async () => {
    const { api, simulator } = tally;
    const [lost] = await recordRooms(1);
    if (lost === undefined) throw new Error('one was started');
    await simulator.script({ name: 'stuck-ending' }, lost.roomId);
    await simulator.setSpeed(1);
    await simulator.leave(lost.roomId);
    expect(await sweep()).toBe('ran');
    expect(await api.outcome(lost.recordingId)).toMatchObject({
      status: 'aborted',
      error: 'Recording lost: no file was delivered',
    });
  });
});
