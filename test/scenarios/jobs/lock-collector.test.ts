import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';

const GRACE_MS = 3_000;
/** Life of the lock of a start whose record is never stored. */
const START_LOCK_MS = 15_000;

describe('a room lock without a recording', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({
      speed: 50,
      env: { TALLY_LOCK_GC_INTERVAL_MS: '1000', TALLY_LOCK_GRACE_MS: String(GRACE_MS) },
    });
  });
  afterAll(() => tally.close());

  const collector = () => tally.app.jobs.runNow('activeRecordingGarbageCollector');

  it('is freed once the grace has passed and not before, and then the room can be recorded', async () => {
    const { api, app } = tally;
    const roomId = await tally.openRoom();
    const { roomLocks } = app.persistence;
    // As a process leaves it that dies between taking the lock and storing the record.
    const takenAt = performance.now();
    await roomLocks.acquire(roomId, '0123456789', START_LOCK_MS);
    expect(await collector()).toBe('ran');
    if (performance.now() - takenAt < GRACE_MS) expect((await api.start(roomId)).status).toBe(409);
    await eventually(
      'the lock is freed',
      () => roomLocks.find(roomId),
      (holder) => holder === undefined,
      START_LOCK_MS,
    );
    const freedAfterMs = performance.now() - takenAt;
    expect(freedAfterMs).toBeGreaterThanOrEqual(GRACE_MS - 1);
    expect(freedAfterMs).toBeLessThan(START_LOCK_MS);
    expect((await api.start(roomId)).status).toBe(201);
  });

  it('is kept while a start is under way, and for its recording as long as that is live', async () => {
    const { api, app, proxy } = tally;
    const roomId = await tally.openRoom();
    const hold = proxy.hold('request', 'ListParticipants', roomId);
    const start = api.start(roomId);
    await hold.reached;
    const held = await app.persistence.roomLocks.find(roomId);
    expect(await collector()).toBe('ran');
    expect(await app.persistence.roomLocks.find(roomId)).toEqual(held);
    hold.release();
    const { status, body } = await start;
    expect(status).toBe(201);
    await eventually(
      'the grace is over',
      () => Date.now() - (held?.createdAt ?? 0),
      (ageMs) => ageMs > GRACE_MS,
    );
    expect(await collector()).toBe('ran');
    expect(await app.persistence.roomLocks.find(roomId)).toMatchObject({ value: held?.value });
    await api.stop(body.recordingId);
    await api.outcome(body.recordingId);
    await app.idle();
    expect(await app.persistence.roomLocks.find(roomId)).toBeUndefined();
  });
});
