import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { i1TwoLive, leftRunning } from '../../support/invariants.js';

const ROOMS = 50;
const STARTS_A_ROOM = 40;

describe('two thousand starts at once in fifty rooms', () => {
  let tally: AppOnSimulator;
  let roomIds: string[];

  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: 20 });
    roomIds = await Promise.all(Array.from({ length: ROOMS }, () => tally.openRoom()));
  });
  afterAll(() => tally.close());

  // Over 5 s on real servers: two thousand requests, and as many connections, through one process.
  it('record each room exactly once, and answer every other start that the room is being recorded', async () => {
    const { api, simulator } = tally;
    const begunAt = performance.now();
    const starts = Array.from({ length: STARTS_A_ROOM }, () => roomIds).flat();
    const answers = await Promise.all(starts.map(async (roomId) => ({ roomId, ...(await api.start(roomId)) })));
    const seconds = (performance.now() - begunAt) / 1_000;
    process.stdout.write(`${starts.length} parallel starts answered in ${seconds.toFixed(2)} s\n`);

    const won = answers.filter(({ status }) => status === 201);
    expect(won.map(({ roomId }) => roomId).sort()).toEqual([...roomIds].sort());
    const lost = answers.filter(({ status }) => status !== 201);
    expect(lost.filter(({ status, body, roomId }) => !isConflict(status, body, roomId))).toEqual([]);

    const egresses = await simulator.egresses();
    expect(egresses).toHaveLength(ROOMS);
    expect(i1TwoLive(egresses)).toEqual([]);

    await Promise.all(won.map(({ body }) => api.stop(body.recordingId)));
    const outcomes = await Promise.all(won.map(({ body }) => api.outcome(body.recordingId)));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['complete']));
    expect(leftRunning(await simulator.egresses())).toEqual([]);
  });
});

function isConflict(status: number, body: { error: string; message: string }, roomId: string): boolean {
  return status === 409 && body.error === 'Recording Error' && body.message === `Room '${roomId}' is already being recorded`;
}
