import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ScriptRequest } from '../../src/simulator/index.js';
import { type AppOnSimulator, startAppOnSimulator } from '../support/apps/app-on-simulator.js';
import { eventually } from '../support/eventually.js';

const SPEED = 20;
/** A start that lasts until the simulator is sped up. */
const LONG_START: ScriptRequest = { name: 'slow-start', delayMs: 400_000 };

describe('clients that leave, that do not wait, and that repeat themselves', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: SPEED });
  });
  afterAll(() => tally.close());

  it('a client that leaves during the start cancels nothing', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script(LONG_START, roomId);
    const leaving = new AbortController();
    const start = api.start(roomId, {}, leaving.signal).catch(() => 'left');
    await eventually(
      'the recording is starting',
      () => api.list(roomId),
      ([recording]) => recording?.status === 'starting',
    );
    leaving.abort();
    expect(await start).toBe('left');
    await hastenStart(roomId);
  });

  it('a client that leaves during the stop cancels nothing', async () => {
    const { api, proxy } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    const hold = proxy.hold('request', 'StopEgress', recordingId.split('--')[1] ?? '');
    const leaving = new AbortController();
    const stop = api.call('POST', `/recordings/${recordingId}/stop`, { signal: leaving.signal }).catch(() => 'left');
    await hold.reached;
    expect((await api.get(recordingId)).body.status).toBe('ending');
    leaving.abort();
    expect(await stop).toBe('left');
    hold.release();
    expect((await api.outcome(recordingId)).status).toBe('complete');
  });

  it('with `Prefer: respond-async` a start is answered 202 at once, and the id in the answer finds the recording from then on', async () => {
    const { api } = tally;
    const roomId = await tally.openRoom();
    const { status, body, headers } = await api.start(roomId, { Prefer: 'respond-async' });
    expect([status, body.status]).toEqual([202, 'starting']);
    expect(body.recordingId).toMatch(new RegExp(`^${roomId}--EG_PENDING--[0-9a-f]{10}$`));
    expect(headers.get('location')).toBe(`${api.url}/api/v1/recordings/${body.recordingId}`);
    const active = await eventually(
      'it records',
      () => api.get(body.recordingId),
      (answer) => answer.body.status === 'active',
    );
    expect(active.body.recordingId).not.toContain('EG_PENDING');
    expect((await api.stop(body.recordingId)).status).toBe(202);
    expect((await api.outcome(body.recordingId)).status).toBe('complete');
  });

  it('with `Prefer: respond-async` and an Idempotency-Key, a repeated start is answered like the first while it starts', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.script(LONG_START, roomId);
    const headers = { Prefer: 'respond-async', 'Idempotency-Key': 'an answer that got lost' };
    const first = await api.start(roomId, headers);
    const repeated = await api.start(roomId, headers);
    expect([first.status, repeated.status]).toEqual([202, 202]);
    expect(repeated.body.recordingId.split('--')[2]).toBe(first.body.recordingId.split('--')[2]);
    await hastenStart(roomId);
  });

  it('a start with the Idempotency-Key of an earlier one is answered from the earlier recording and starts no other', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    const key = { 'Idempotency-Key': 'the first meeting' };
    const first = await api.start(roomId, key);
    const repeated = await api.start(roomId, key);
    expect([first.status, repeated.status]).toEqual([201, 201]);
    expect(repeated.body.recordingId).toBe(first.body.recordingId);
    await api.stop(first.body.recordingId);
    await api.outcome(first.body.recordingId);
    const later = await api.start(roomId, key);
    expect([later.status, later.body.recordingId, later.body.status]).toEqual([201, first.body.recordingId, 'complete']);
    expect((await simulator.egresses()).filter(({ roomName }) => roomName === roomId)).toHaveLength(1);
  });

  it.each([
    ['that wait', {}, 201],
    ['with `Prefer: respond-async`', { Prefer: 'respond-async' }, 202],
  ])(
    'fifty starts at once with one Idempotency-Key %s start one recording and all get the same answer',
    async (_how, more, status) => {
      const { api, simulator } = tally;
      const roomId = await tally.openRoom();
      const headers = { 'Idempotency-Key': `fifty at once in ${roomId}`, ...more };
      const answers = await Promise.all(Array.from({ length: 50 }, () => api.start(roomId, headers)));
      const told = answers.map((answer) => `${String(answer.status)} ${answer.body.recordingId.split('--')[2] ?? ''}`);
      expect(new Set(told)).toEqual(new Set([`${String(status)} ${answers[0]?.body.recordingId.split('--')[2] ?? ''}`]));
      expect((await simulator.egresses()).filter(({ roomName }) => roomName === roomId)).toHaveLength(1);
    },
  );

  it('an Idempotency-Key of another room is refused, and the key of a failed start can be used again', async () => {
    const { api, simulator } = tally;
    const [roomId, otherId] = [await tally.openRoom(), await tally.openRoom()];
    const key = { 'Idempotency-Key': 'two rooms' };
    await simulator.script({ name: 'start-failed-late', delayMs: 1_000 }, roomId);
    expect((await api.start(roomId, key)).status).toBe(503);
    await simulator.resetScript(roomId);
    const again = await api.start(roomId, key);
    expect([again.status, again.body.status]).toEqual([201, 'active']);
    const other = await api.start(otherId, key);
    expect([other.status, other.body.error]).toEqual([422, 'Idempotency Error']);
  });

  /** Have the simulator hurry until the room's recording is active. */
  async function hastenStart(roomId: string): Promise<void> {
    const { api, simulator } = tally;
    await simulator.setSpeed(100 * SPEED);
    await eventually(
      'it records',
      () => api.list(roomId),
      ([recording]) => recording?.status === 'active',
    );
    await simulator.setSpeed(SPEED);
  }
});
