import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../support/apps/app-on-simulator.js';
import { eventually } from '../support/eventually.js';
import { i1TwoLive, leftRunning } from '../support/invariants.js';
import { adapters } from '../support/stores/stores.js';
import { deliver, startWebhookTap, type WebhookTap } from '../support/simulator/webhook-tap.js';

const ROUNDS = 50;
const ROOMS = 25;

// A hundred recordings.
describe('a late and repeated end of an older recording', { timeout: 120_000 * adapters.patience }, () => {
  let tally: AppOnSimulator;
  let tap: WebhookTap;

  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: 50 });
    tap = await startWebhookTap();
    tally.inside.addWebhookUrl(tap.url);
  });
  afterAll(async () => {
    await tally.close();
    await tap.close();
  });

  // Over 5 s on real servers: fifty rounds of two recordings each.
  it('never frees the room in which a newer one starts: fifty rounds without a second recorder', async () => {
    const roomIds = await Promise.all(Array.from({ length: ROOMS }, () => tally.openRoom()));
    await Promise.all(
      roomIds.map(async (roomId) => {
        // Long enough for everything late to arrive while the newer one starts.
        await tally.simulator.script({ name: 'slow-start', delayMs: 15_000 }, roomId);
        for (let round = 0; round < ROUNDS / ROOMS; round += 1) await playRound(roomId);
      }),
    );
    const egresses = await tally.simulator.egresses();
    expect(egresses).toHaveLength(2 * ROUNDS);
    expect(i1TwoLive(egresses)).toEqual([]);
    expect(leftRunning(egresses)).toEqual([]);
  });

  async function playRound(roomId: string): Promise<void> {
    const { address, api } = tally;
    const older = (await api.start(roomId)).body.recordingId;
    await api.stop(older);
    await api.outcome(older);
    const told = await eventually(
      'the older egress has told its life',
      () => tap.ofEgress(older.split('--')[1] ?? ''),
      ({ length }) => length === 4,
    );

    const newer = api.start(roomId);
    await eventually(
      'the newer recording is starting',
      () => api.list(roomId),
      ([newest]) => newest !== undefined && newest.recordingId !== older,
    );
    const late = [...told, ...told.slice(-1), ...told.slice(-1)];
    const answers = await Promise.all(late.map(({ body }) => deliver(api.url, body, address)));
    expect(new Set(answers)).toEqual(new Set([200]));
    const third = await api.start(roomId);
    expect([third.status, third.body.message]).toEqual([409, `Room '${roomId}' is already being recorded`]);

    const { status, body } = await newer;
    expect(status).toBe(201);
    expect((await api.get(body.recordingId)).body.status).toBe('active');
    expect((await api.stop(body.recordingId)).status).toBe(202);
    expect((await api.outcome(body.recordingId)).status).toBe('complete');
    expect((await api.get(older)).body.status).toBe('complete');
  }
});
