import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { ScriptRequest } from '../../../src/simulator/index.js';
import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';
import { i1TwoLive, leftRunning } from '../../support/invariants.js';
import { createJumpingClock } from '../../support/jumping-clock.js';
import { adapters } from '../../support/stores/stores.js';

const START = 'StartRoomCompositeEgress';
vi.setConfig({ maxConcurrency: Math.ceil(10 / adapters.patience) });

/** LiveKit may have taken the start: Tally only looks, until no answer can come any more. */
const LOOKS_FOR_MS = 35_000;

const TIMED_OUT = 'timed out while starting';

describe('a start to which LiveKit gave no usable answer', () => {
  let tally: AppOnSimulator;
  const clock = createJumpingClock();
  /** Rooms whose start LiveKit never took; each is held while Tally looks for its egress. */
  const held: string[] = [];

  beforeAll(async () => {
    tally = await startAppOnSimulator({
      speed: 50,
      clock,
      env: { TALLY_START_TIMEOUT_MS: '3000', TALLY_RECONCILE_INTERVAL_MS: '300', TALLY_DUE_INTERVAL_MS: '200' },
    });
  });
  afterAll(() => tally.close());

  it.concurrent.each<[string, ScriptRequest, number, string]>([
    ['reset', { name: 'api-reset', method: START, times: 1 }, 503, TIMED_OUT],
    ["a proxy's 503", { name: 'api-503-html', method: START, times: 1 }, 503, TIMED_OUT],
    ['429', { name: 'api-429', method: START, times: 1 }, 503, TIMED_OUT],
    ['408', { name: 'api-503', method: START, times: 1, status: 408 }, 503, TIMED_OUT],
    ['garbage', { name: 'api-200-garbage', method: START, times: 1 }, 503, TIMED_OUT],
    ['an egress without an id', { name: 'api-200-empty-object', method: START, times: 1 }, 503, TIMED_OUT],
    ['500', { name: 'api-500', method: START, times: 1 }, 500, 'Unexpected error while starting Room Composite Egress'],
  ])(
    '(%s, the start was not taken) is answered with an error in time, and its room is held while Tally looks',
    async (_what, script, status, message) => {
      const { api, simulator } = tally;
      const roomId = await tally.openRoom();
      await simulator.script(script, roomId);
      const begunAt = performance.now();
      const started = await api.start(roomId);
      expect([started.status, started.body.message]).toEqual([status, expect.stringContaining(message)]);
      expect(performance.now() - begunAt).toBeLessThan(LOOKS_FOR_MS / 2);
      const meanwhile = await api.start(roomId);
      expect([meanwhile.status, meanwhile.body.message]).toEqual([409, `Room '${roomId}' is already being recorded`]);
      const retryAfterMs = 1_000 * Number(meanwhile.headers.get('retry-after'));
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(LOOKS_FOR_MS);
      held.push(roomId);
    },
  );

  it.concurrent('(a cut connection, the start was taken) is found, and answered with its recording', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'lost-all-webhooks' }, roomId);
    tally.proxy.cutAnswer(START, roomId);
    const { status, body } = await api.start(roomId);
    expect([status, body.status]).toEqual([201, 'active']);
    await api.stop(body.recordingId);
    expect((await api.outcome(body.recordingId)).status).toBe('complete');
    expect(startsOf(roomId)).toBe(1);
  });

  it.concurrent('(a cut connection, the start was taken and is slow) is undone, and leaves no egress recording', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script({ name: 'slow-start', delayMs: 2_000_000 }, roomId);
    tally.proxy.cutAnswer(START, roomId);
    const { status, body } = await api.start(roomId);
    expect([status, body.message]).toEqual([503, expect.stringContaining(TIMED_OUT)]);
    await eventually(
      'the room is free again',
      () => api.list(roomId),
      ([recording]) => recording?.status === 'failed',
    );
    expect(leftRunning((await simulator.egresses()).filter(({ roomName }) => roomName === roomId))).toEqual([]);
    await simulator.resetScript(roomId);
    expect((await api.start(roomId)).status).toBe(201);
  });

  // Over 5 s on real servers: their time cannot jump, and a call is looked for until 35 s after its claim.
  it('frees its room once no answer can come any more', async () => {
    const { api, simulator } = tally;
    expect(held.length).toBe(7);
    const before = await Promise.all(held.map((roomId) => api.start(roomId)));
    expect(before.map(({ status }) => status)).toEqual(held.map(() => 409));
    clock.jump(LOOKS_FOR_MS);
    // Where time cannot jump it has to pass.
    const withinMs = adapters.timeCanJump ? undefined : LOOKS_FOR_MS + 10_000;
    for (const roomId of held) {
      const { body } = await eventually(
        `${roomId} is free`,
        () => api.start(roomId),
        ({ status }) => status === 201,
        withinMs,
      );
      await api.stop(body.recordingId);
      expect((await api.outcome(body.recordingId)).status).toBe('complete');
    }
    const egresses = (await simulator.egresses()).filter(({ roomName }) => held.includes(roomName));
    expect(egresses).toHaveLength(held.length);
    expect(i1TwoLive(egresses)).toEqual([]);
    expect(held.map(startsOf)).toEqual(held.map(() => 2));
  });

  function startsOf(roomId: string): number {
    return tally.proxy.calls.filter(({ method, body }) => method === START && body.includes(roomId)).length;
  }
});
