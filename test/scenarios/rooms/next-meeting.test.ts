import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';
import { i1TwoLive } from '../../support/invariants.js';

/** Longer than a test takes, in the simulator's time, until the simulator is sped up. */
const UPLOAD_MS = 5_000_000;
const SPEED = 50;
const HASTY = 100 * SPEED;

describe('while the file of a recording is being uploaded slowly', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: SPEED });
  });
  afterAll(() => tally.close());

  it('the next meeting of its room can be recorded', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'slow-upload', delayMs: UPLOAD_MS }, roomId);
    const first = (await api.start(roomId)).body.recordingId;
    await simulator.deleteRoom(roomId);
    await simulator.join(roomId);
    const second = await eventually(
      'the next meeting is recorded',
      () => api.start(roomId),
      ({ status }) => status === 201,
    );
    expect((await api.get(first)).body.status).toBe('ending');
    expect(i1TwoLive(await simulator.egresses())).toEqual([]);

    await simulator.resetScript(roomId);
    expect((await api.stop(second.body.recordingId)).status).toBe(202);
    await simulator.setSpeed(HASTY);
    for (const recordingId of [first, second.body.recordingId]) {
      expect((await api.outcome(recordingId)).status).toBe('complete');
      expect(await api.plays(recordingId)).toBeGreaterThan(0);
    }
    await simulator.setSpeed(SPEED);
  });

  it('a stopped recording keeps its room as long as the meeting goes on', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'slow-upload', delayMs: UPLOAD_MS }, roomId);
    const { recordingId } = (await api.start(roomId)).body;
    expect((await api.stop(recordingId)).status).toBe(202);
    expect((await api.start(roomId)).status).toBe(409);
    await simulator.setSpeed(HASTY);
    expect((await api.outcome(recordingId)).status).toBe('complete');
    await simulator.setSpeed(SPEED);
    expect((await api.start(roomId)).status).toBe(201);
  });
});
