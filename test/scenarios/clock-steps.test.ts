import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../support/apps/app-on-simulator.js';
import { eventually } from '../support/eventually.js';
import { nothingAtAll } from '../support/impostors.js';
import { createJumpingClock } from '../support/jumping-clock.js';
import { passes } from '../support/passes.js';

const HOUR_MS = 3_600_000;

describe('a step of the wall clock', () => {
  let tally: AppOnSimulator;
  const clock = createJumpingClock();

  beforeAll(async () => {
    tally = await startAppOnSimulator({
      speed: 50,
      clock,
      env: { TALLY_RECONCILE_INTERVAL_MS: '60', TALLY_SUSPECT_RECHECK_MS: '30', TALLY_DUE_INTERVAL_MS: '50' },
    });
  });
  afterAll(() => tally.close());

  it.each([
    ['an hour forward', HOUR_MS],
    ['eight hours forward', 8 * HOUR_MS],
    ['an hour back', -HOUR_MS],
    ['eight hours back', -8 * HOUR_MS],
  ])('%s: recordings that start, record or end go on as if it had not happened', async (_what, stepMs) => {
    const { api, simulator } = tally;
    const [starting, active, ending] = [await tally.openRoom(), await tally.openRoom(), await tally.openRoom()];
    await simulator.script({ name: 'slow-start', delayMs: 30_000 }, starting);
    await simulator.script({ name: 'slow-upload', delayMs: 30_000 }, ending);
    const recording = (await api.start(active)).body.recordingId;
    const stopped = (await api.start(ending)).body.recordingId;
    await api.stop(stopped);
    const start = api.start(starting);
    await eventually(
      'the egress is accepted',
      () => api.list(starting),
      ({ length }) => length === 1,
    );

    clock.jump(stepMs);
    await passes(tally.proxy, 3);

    expect((await start).status).toBe(201);
    expect((await api.get(recording)).body.status).toBe('active');
    expect((await api.start(active)).status).toBe(409);
    for (const recordingId of [stopped, recording, (await start).body.recordingId]) {
      if (recordingId !== stopped) expect((await api.stop(recordingId)).status).toBe(202);
      expect((await api.outcome(recordingId)).status).toBe('complete');
      expect(await api.plays(recordingId)).toBeGreaterThan(0);
    }
    expect((await api.start(ending)).status).toBe(201);
  });

  it('does not turn two looks at an emptied LiveKit into a proof of death', async () => {
    const { api, proxy } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    proxy.impersonate(nothingAtAll);
    await passes(tally.proxy, 2);
    clock.jump(HOUR_MS);
    await passes(tally.proxy, 2);
    proxy.impersonate(undefined);
    await passes(tally.proxy, 2);
    expect((await api.get(recordingId)).body.status).toBe('active');
    await api.stop(recordingId);
    expect((await api.outcome(recordingId)).status).toBe('complete');
  });
});
