import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce } from '../../support/apps/build-once.js';
import { eventually } from '../../support/eventually.js';
import { i1TwoLive, i3Unowned, leftRunning, orphanedLocks } from '../../support/invariants.js';
import { createRandom, type Random } from '../../support/random.js';
import { adapters } from '../../support/stores/stores.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';

const KILLS = 2;
const ROOMS = 12;
/** The sweep's interval and a busy machine included. */
const RIGHT_WITHIN_MS = 8_000 + adapters.laterMs;
/** Three restarts, and after each the time until everything is right. */
const TIMEOUT_MS = 180_000;
const SCRIPTS = ['happy', 'active-before-response', 'started-after-response', 'lost-all-webhooks', 'slow-upload', 'out-of-order'];

describe('a Tally that is killed with kill -9 repeatedly, at random moments of many recordings', () => {
  let tally: TallyProcess;

  beforeAll(async () => {
    await buildOnce();
    tally = await startTallyProcess({ speed: 20, env: { TALLY_RECONCILE_INTERVAL_MS: '500', TALLY_START_TIMEOUT_MS: '3000' } });
  }, BUILD_TIMEOUT_MS);
  afterAll(() => tally.stop());

  // Over 5 s: a process is killed and started many times.
  it(
    'keeps each recording that it acknowledged, never records a room twice, and leaves no egress and no lock behind',
    async () => {
      const seed = Date.now() % 1_000_000;
      process.stdout.write(`killed at random with seed ${seed}\n`);
      const random = createRandom(seed);
      const { api, simulator } = tally;
      const roomIds = await Promise.all(Array.from({ length: ROOMS }, () => tally.openRoom()));
      const acknowledged = new Set<string>();

      for (let kill = 0; kill < KILLS; kill += 1) {
        const clients = new AbortController();
        const work = roomIds.map((roomId) => recordOnAndOn(roomId, random, acknowledged, clients.signal));
        const enough = acknowledged.size + random.below(ROOMS);
        await eventually(
          'some starts are answered',
          () => acknowledged.size,
          (count) => count >= enough,
        );
        await pause(random.below(300));
        await tally.kill();
        clients.abort();
        await Promise.all(work);
        await tally.start();
        const restartedAt = performance.now();
        await eventually(
          'no egress runs that no recording owns, and every wish to stop is fulfilled',
          async () => ({ unowned: i3Unowned(await simulator.egresses(), await api.list()), ending: await endingIn(api) }),
          ({ unowned, ending }) => unowned.length === 0 && ending.length === 0,
          RIGHT_WITHIN_MS,
        );
        process.stdout.write(`right ${((performance.now() - restartedAt) / 1_000).toFixed(2)} s after restart ${kill + 1}\n`);
      }

      process.stdout.write(`${acknowledged.size} recordings were acknowledged\n`);
      const listed = new Set((await api.list()).map(({ recordingId }) => recordingId));
      expect([...acknowledged].filter((recordingId) => !listed.has(recordingId))).toEqual([]);
      await Promise.all(roomIds.map((roomId) => stopWhateverRuns(roomId)));
      const egresses = await simulator.egresses();
      expect(i1TwoLive(egresses)).toEqual([]);
      expect(leftRunning(egresses)).toEqual([]);
      expect((await tally.terminate()).code).toBe(0);
      await tally.withStores((stores) =>
        eventually(
          'no lock is left that no recording holds',
          () => orphanedLocks(stores),
          ({ length }) => length === 0,
          adapters.lockMs,
        ),
      );
    },
    TIMEOUT_MS,
  );

  /** One client: start, perhaps stop, and again, until Tally is killed. */
  async function recordOnAndOn(roomId: string, random: Random, acknowledged: Set<string>, signal: AbortSignal): Promise<void> {
    const { api, simulator } = tally;
    try {
      while (!signal.aborted) {
        await simulator.script({ name: SCRIPTS[random.below(SCRIPTS.length)] ?? 'happy', delayMs: random.below(6_000) }, roomId);
        const { status, body } = await api.start(roomId, {}, signal);
        if (status === 201) acknowledged.add(body.recordingId);
        const [newest] = await api.list(roomId);
        if (newest !== undefined && random.below(4) > 0) await api.stop(newest.recordingId);
      }
    } catch (error) {
      if (!signal.aborted && !isCut(error)) throw error;
    }
  }

  async function endingIn(api: TallyProcess['api']): Promise<string[]> {
    return (await api.list()).filter(({ status }) => status === 'ending').map(({ recordingId }) => recordingId);
  }

  async function stopWhateverRuns(roomId: string): Promise<void> {
    const { api, simulator } = tally;
    await simulator.resetScript(roomId);
    await eventually(
      `nothing is recorded in ${roomId}`,
      async () => {
        const open = (await api.list(roomId)).filter(({ status }) => ['starting', 'active', 'ending'].includes(status));
        for (const { recordingId } of open) await api.stop(recordingId);
        return open.length;
      },
      (open) => open === 0,
    );
  }
});

/** The connection broke, before the answer or in the midst of it: Tally was killed. */
function isCut(error: unknown): boolean {
  return error instanceof TypeError && ['fetch failed', 'terminated'].includes(error.message);
}
