import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce } from '../../support/apps/build-once.js';
import { eventually } from '../../support/eventually.js';
import { leftRunning, orphanedLocks } from '../../support/invariants.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';

/** From the claim on the start call until no answer to it can come any more, by the real clock. */
const LOOKS_FOR_MS = 35_000;
/** The sweep's interval, and a busy machine. */
const SLACK_MS = 5_000;
const START = 'StartRoomCompositeEgress';

describe('a Tally that is killed with kill -9 during a start that never reaches LiveKit', () => {
  let tally: TallyProcess;

  beforeAll(async () => {
    await buildOnce();
    tally = await startTallyProcess({ speed: 20 });
  }, BUILD_TIMEOUT_MS);
  afterAll(() => tally.stop());

  it(
    'holds the room while LiveKit may still take the start, and frees it 35 s after the claim',
    async () => {
      const { api, proxy, simulator } = tally;
      const roomId = await tally.openRoom();
      const hold = proxy.hold('request', START, roomId);
      const claimedAt = performance.now();
      const start = api.start(roomId).catch(() => 'cut');
      await hold.reached;
      await tally.kill();
      expect(await start).toBe('cut');
      await tally.start();

      const free = await eventually(
        'the room is free',
        () => api.start(roomId),
        ({ status }) => status !== 409,
        LOOKS_FOR_MS + SLACK_MS,
      );
      const heldFor = performance.now() - claimedAt;
      process.stdout.write(`free ${(heldFor / 1_000).toFixed(1)} s after the claim\n`);
      expect(free.status).toBe(201);
      expect(heldFor).toBeGreaterThan(LOOKS_FOR_MS);

      await api.stop(free.body.recordingId);
      expect((await api.outcome(free.body.recordingId)).status).toBe('complete');
      expect(proxy.calls.filter(({ method, body }) => method === START && body.includes(roomId))).toHaveLength(2);
      expect(leftRunning(await simulator.egresses())).toEqual([]);
      expect((await tally.terminate()).code).toBe(0);
      expect(await tally.withStores(orphanedLocks)).toEqual([]);
    },
    LOOKS_FOR_MS + 4 * SLACK_MS,
  );
});
