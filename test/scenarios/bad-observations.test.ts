import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../support/apps/app-on-simulator.js';
import { noEgress, noRecorder, nothingAtAll } from '../support/impostors.js';
import { leftRunning } from '../support/invariants.js';
import { passes } from '../support/passes.js';

describe('a bad observation of healthy recordings', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    // Fast looks; the 20 s between the two looks that prove a death stay as they are.
    tally = await startAppOnSimulator({
      speed: 50,
      env: { TALLY_RECONCILE_INTERVAL_MS: '60', TALLY_SUSPECT_RECHECK_MS: '30' },
    });
  });
  afterAll(() => tally.close());

  it.each([
    ['an empty list of egresses, once', () => noEgress, 1],
    ['an empty list of egresses, eight times', () => noEgress, 8],
    ['an emptied LiveKit, once', () => nothingAtAll, 1],
    ['an emptied LiveKit, eight times', () => nothingAtAll, 8],
    ['recorders that are not listed, once', noRecorder, 1],
    ['recorders that are not listed, eight times', noRecorder, 8],
  ])('%s: every recording goes on, and its file plays', async (_what, impostorOf, looks) => {
    const { api, proxy, simulator } = tally;
    const roomIds = await Promise.all(Array.from({ length: 6 }, () => tally.openRoom()));
    const started = await Promise.all(roomIds.map((roomId) => api.start(roomId)));
    const recordingIds = started.map(({ body }) => body.recordingId);
    const stopsBefore = stops();

    proxy.impersonate(impostorOf(roomIds));
    await passes(tally.proxy, looks);
    proxy.impersonate(undefined);
    await passes(tally.proxy, 2);

    const now = await Promise.all(recordingIds.map((recordingId) => api.get(recordingId)));
    expect(now.map(({ body }) => body.status)).toEqual(recordingIds.map(() => 'active'));
    expect(stops()).toBe(stopsBefore);
    await Promise.all(recordingIds.map((recordingId) => api.stop(recordingId)));
    for (const recordingId of recordingIds) {
      expect((await api.outcome(recordingId)).status).toBe('complete');
      expect(await api.plays(recordingId)).toBeGreaterThan(0);
    }
    expect(leftRunning(await simulator.egresses())).toEqual([]);
  });

  it('a start that is under way survives lists that do not show its egress', async () => {
    const { api, proxy, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'slow-start', delayMs: 20_000 }, roomId);
    proxy.impersonate(noEgress);
    const starting = api.start(roomId);
    await passes(tally.proxy, 5);
    proxy.impersonate(undefined);
    const { status, body } = await starting;
    expect(status).toBe(201);
    await api.stop(body.recordingId);
    expect((await api.outcome(body.recordingId)).status).toBe('complete');
  });

  function stops(): number {
    return tally.proxy.calls.filter(({ method }) => method === 'StopEgress').length;
  }
});
