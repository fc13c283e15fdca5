import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce, builtFile } from '../../support/apps/build-once.js';
import { startChild } from '../../support/apps/child-process.js';
import { eventually } from '../../support/eventually.js';
import { i1TwoLive, i3Unowned, leftRunning } from '../../support/invariants.js';
import { createStores } from '../../support/stores/stores.js';
import type { TallyApi } from '../../support/apps/tally-api.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';

const SPEED = 20;
const ENDS_WITHIN_MS = 10_000;

describe.concurrent('a Tally that receives SIGTERM', () => {
  const env = { TALLY_RECONCILE_INTERVAL_MS: '500', TALLY_START_TIMEOUT_MS: '4000' };
  const running: TallyProcess[] = [];

  beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all(running.map((tally) => tally.stop()));
  });

  async function startOne(): Promise<TallyProcess> {
    const tally = await startTallyProcess({ speed: SPEED, env });
    running.push(tally);
    return tally;
  }

  // Over 5 s on real servers: up to 10 s until it has ended, and a second start.
  it('under load ends with 0 within 10 s, and loses nothing that it acknowledged', async () => {
    const tally = await startOne();
    const { api, simulator } = tally;
    const roomIds = await Promise.all(Array.from({ length: 16 }, () => tally.openRoom()));
    const acknowledged: { recordingId: string; stopped: boolean }[] = [];
    const clients = roomIds.map((roomId, index) => keepBusy(api, roomId, index % 2 === 0, acknowledged));
    await eventually(
      'a dozen recordings are acknowledged',
      () => acknowledged.length,
      (count) => count >= 12,
    );
    const { code, ms, stderr } = await tally.terminate();
    await Promise.all(clients);
    process.stdout.write(`ended ${(ms / 1_000).toFixed(2)} s after SIGTERM, ${acknowledged.length} recordings acknowledged\n`);
    expect([code, faultsIn(stderr)]).toEqual([0, []]);
    expect(ms).toBeLessThan(ENDS_WITHIN_MS);

    await tally.start();
    for (const { recordingId, stopped } of acknowledged) {
      const { status, body } = await api.get(recordingId);
      expect([status, body.recordingId]).toEqual([200, recordingId]);
      if (stopped) expect((await api.outcome(recordingId)).status).toBe('complete');
    }
    await eventually(
      'no egress runs that no recording owns',
      async () => i3Unowned(await simulator.egresses(), await api.list()),
      (unowned) => unowned.length === 0,
    );
    for (const { recordingId, status } of await api.list()) if (status === 'active') await api.stop(recordingId);
    await eventually(
      'every egress is over',
      async () => leftRunning(await simulator.egresses()),
      (left) => left.length === 0,
    );
    expect(i1TwoLive(await simulator.egresses())).toEqual([]);
  });

  // Over 5 s: up to 10 s until it has ended, and a second start.
  it('while LiveKit is slow and answers no stop ends with 0 within 10 s, and goes on with its work after the restart', async () => {
    const tally = await startOne();
    const { api, proxy, simulator } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    await simulator.script({ name: 'slow-api', delayMs: 4_800 * SPEED });
    await simulator.script({ name: 'api-timeout', method: 'StopEgress' }, roomId);
    // Each look asks for the recording by its id too, one slow call after another.
    proxy.impersonate(({ body }) => (body.includes('active') ? { status: 200, body: { items: [] } } : undefined));
    const stopping = api.stop(recordingId).catch(() => undefined);
    const looks = proxy.calls.length;
    await eventually(
      'Tally has stopped the egress and looks for it',
      () => proxy.calls.slice(looks).map(({ method }) => method),
      (methods) => methods.includes('StopEgress') && methods.includes('ListRooms'),
    );
    const { code, ms, stderr } = await tally.terminate();
    await stopping;
    process.stdout.write(`ended ${(ms / 1_000).toFixed(2)} s after SIGTERM with a slow LiveKit\n`);
    expect([code, faultsIn(stderr)]).toEqual([0, []]);
    expect(ms).toBeLessThan(ENDS_WITHIN_MS);
    proxy.impersonate(undefined);
    await simulator.resetScript();
    await simulator.resetScript(roomId);
    await tally.start();
    expect((await api.outcome(recordingId)).status).toBe('complete');
  });
});

describe.concurrent('a Tally that receives a signal as soon as it has printed its address', () => {
  beforeAll(() => buildOnce(), BUILD_TIMEOUT_MS);

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s', async (signal) => {
    const stores = await createStores();
    const env = { SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', ...stores.env };
    const child = startChild(builtFile('main.js'), [], env);
    await child.printed(/^Tally {2}http/);
    expect(await child.end(signal)).toEqual({ code: 0, signal: null });
    await stores.remove();
  });
});

describe.concurrent('a process that cannot start', () => {
  let tally: TallyProcess;

  beforeAll(async () => {
    await buildOnce();
    tally = await startTallyProcess({ speed: SPEED });
  }, BUILD_TIMEOUT_MS);
  afterAll(() => tally.stop());

  it.each([
    ['with a configuration error', { SERVER_PORT: 'eighty' }, /^tally: SERVER_PORT must be a whole number from 0 to 65535\n$/],
    ['on a port that is taken', {}, /^tally: .*\b\d{2,5}\b.*\n$/],
  ])('%s prints one clear line and ends with 1', async (_what, changes, line) => {
    const folder = { TALLY_DATA_DIR: `${tally.stores.dataDir}-2` };
    const child = startChild(builtFile('main.js'), [], { ...tally.env, ...folder, ...changes });
    expect((await child.exited).code).toBe(1);
    expect(child.stdout()).toBe('');
    expect(child.stderr()).toMatch(line);
    const roomId = await tally.openRoom();
    expect((await tally.api.start(roomId)).status).toBe(201);
  });
});

/** Start and perhaps stop a recording, repeatedly, until Tally is gone. */
async function keepBusy(
  api: TallyApi,
  roomId: string,
  stops: boolean,
  acknowledged: { recordingId: string; stopped: boolean }[],
): Promise<void> {
  try {
    for (;;) {
      const { status, body } = await api.start(roomId);
      if (status !== 201) continue;
      const entry = { recordingId: body.recordingId, stopped: false };
      acknowledged.push(entry);
      if (stops) entry.stopped = (await api.stop(body.recordingId)).status === 202;
    }
  } catch (error) {
    // The connection broke, or the answer was cut.
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
  }
}

/** Lines of the log at level error. */
function faultsIn(stderr: string): string[] {
  return stderr.split('\n').filter((line) => /"level":(50|60)/.test(line) || (line !== '' && !line.startsWith('{')));
}
