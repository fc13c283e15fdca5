import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';
import { leftRunning } from '../../support/invariants.js';

/** The contract's time limit of a start, by the real clock. */
const START_TIMEOUT_MS = 30_000;
/** From the claim on the start call until no answer to it can come any more. */
const LOOKS_FOR_MS = 35_000;
/** LiveKit is asked once more, the sweep's interval, and a busy machine. */
const SLACK_MS = 8_000;

describe('a start that LiveKit neither takes nor answers', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: 20 });
  });
  afterAll(() => tally.close());

  it(
    'is answered 503 after 30 s, and its room is free 35 s after the claim',
    async () => {
      const { api, simulator } = tally;
      const roomId = await tally.openRoom();
      await simulator.script({ name: 'api-timeout', method: 'StartRoomCompositeEgress', times: 1 }, roomId);
      const claimedAt = performance.now();
      const { status, body } = await api.start(roomId);
      const answeredAfter = performance.now() - claimedAt;
      expect([status, body.message]).toEqual([503, `Recording in room '${roomId}' timed out while starting`]);
      expect(answeredAfter).toBeGreaterThan(START_TIMEOUT_MS - 100);
      expect(answeredAfter).toBeLessThan(START_TIMEOUT_MS + SLACK_MS);
      const free = await eventually(
        'the room is free',
        () => api.start(roomId),
        (answer) => answer.status === 201,
        LOOKS_FOR_MS + SLACK_MS - answeredAfter,
      );
      const heldFor = ((performance.now() - claimedAt) / 1_000).toFixed(1);
      process.stdout.write(`answered after ${(answeredAfter / 1_000).toFixed(1)} s, free after ${heldFor} s\n`);
      await api.stop(free.body.recordingId);
      expect((await api.outcome(free.body.recordingId)).status).toBe('complete');
      expect(leftRunning(await simulator.egresses())).toEqual([]);
    },
    LOOKS_FOR_MS + 4 * SLACK_MS,
  );
});
