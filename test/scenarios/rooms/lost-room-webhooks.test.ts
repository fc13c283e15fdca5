import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';
import { nothingAtAll } from '../../support/impostors.js';
import { i1TwoLive } from '../../support/invariants.js';

/** Of the simulator. */
const SPEED = 50;
/** Longer than all else together, in the simulator's time, until the simulator is sped up. */
const UPLOAD_MS = 5_000_000;
const LOOKS = {
  TALLY_RECONCILE_INTERVAL_MS: '60',
  TALLY_SUSPECT_RECHECK_MS: '30',
  TALLY_RECORDER_GONE_MS: '300',
};

describe.each([
  ['every webhook', { webhooks: false, lost: ['room_started', 'room_finished'] }],
  ["the room's end", { webhooks: true, lost: ['room_finished'] }],
  ["the room's beginning", { webhooks: true, lost: ['room_started'] }],
])('when %s is lost', (_what, { webhooks, lost }) => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: SPEED, webhooks, env: LOOKS });
    const [event] = lost;
    if (webhooks && event !== undefined) await tally.simulator.script({ name: 'lost-all-webhooks', event });
  });
  afterAll(() => tally.close());

  const roomOf = (roomId: string) => tally.app.rooms.load(roomId);
  const sourcesOf = async (roomId: string) =>
    Object.fromEntries((await roomOf(roomId))?.tally.history.map(({ event, source }) => [event, source]) ?? []);
  const until = (roomId: string, state: string) =>
    eventually(
      `the room is ${state}`,
      () => roomOf(roomId),
      (room) => room?.tally.state === state,
    );

  it('a room is in a meeting while a participant is in it, and open afterwards', async () => {
    const roomId = await tally.openRoom();
    await until(roomId, 'active_meeting');
    await tally.simulator.deleteRoom(roomId);
    await until(roomId, 'open');
    const source = (event: string) => (lost.includes(event) ? 'reconcile' : 'webhook');
    expect(await sourcesOf(roomId)).toMatchObject({
      'meeting.started': source('room_started'),
      'meeting.finished': source('room_finished'),
    });
  });

  it('the next meeting of a room is a meeting of its own', async () => {
    const roomId = await tally.openRoom();
    const first = await until(roomId, 'active_meeting');
    await tally.simulator.deleteRoom(roomId);
    await tally.simulator.join(roomId);
    const next = await eventually(
      'the next meeting is known',
      () => roomOf(roomId),
      (room) => room?.tally.state === 'active_meeting' && room.meetingSid !== first?.meetingSid,
    );
    expect(next?.meetingSid).toBeDefined();
  });

  it('a room that is to be deleted after its meeting is deleted, with its recordings', async () => {
    const { api, app, simulator } = tally;
    const roomId = await tally.openRoom();
    await until(roomId, 'active_meeting');
    const { recordingId } = (await api.start(roomId)).body;
    await api.stop(recordingId);
    await api.outcome(recordingId);
    await app.commands.rooms.delete(roomId, { withMeeting: 'when_meeting_ends', withRecordings: 'force' });
    expect((await roomOf(roomId))?.tally.state).toBe('active_meeting');
    await simulator.deleteRoom(roomId);
    // A deleted room leaves the store soon, perhaps between two looks.
    await eventually(
      'the room is deleted',
      () => roomOf(roomId),
      (room) => room === undefined || room.tally.state === 'deleted',
    );
    await eventually(
      'its recording is gone',
      () => api.get(recordingId),
      ({ status }) => status === 404,
    );
  });

  it('the next meeting can be recorded while the file of the previous one is being uploaded', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await until(roomId, 'active_meeting');
    await simulator.script({ name: 'slow-upload', delayMs: UPLOAD_MS }, roomId);
    const first = (await api.start(roomId)).body.recordingId;
    await simulator.deleteRoom(roomId);
    await simulator.join(roomId);
    const second = await eventually(
      'the next meeting is recorded',
      () => api.start(roomId),
      ({ status }) => status === 201,
    );
    expect((await api.get(first)).body.status).toBe('ending');
    expect(i1TwoLive(await simulator.egresses())).toEqual([]);
    await simulator.resetScript(roomId);
    await simulator.setSpeed(100 * SPEED);
    await api.stop(second.body.recordingId);
    for (const recordingId of [first, second.body.recordingId]) {
      expect((await api.outcome(recordingId)).status).toBe('complete');
    }
    await simulator.setSpeed(SPEED);
  });
});

describe('a LiveKit that lists nothing although meetings are on', () => {
  it('ends no recorded meeting and deletes no room', async () => {
    // The 20 s between the two looks that prove a death, or an end that deletes, stay as they are.
    const tally = await startAppOnSimulator({ speed: SPEED, env: { ...LOOKS, TALLY_RECORDER_GONE_MS: '20000' } });
    const { api, app, proxy } = tally;
    const [recorded, ordered] = [await tally.openRoom(), await tally.openRoom()];
    const { recordingId } = (await api.start(recorded)).body;
    for (const roomId of [recorded, ordered]) {
      await app.commands.rooms.delete(roomId, { withMeeting: 'when_meeting_ends', withRecordings: 'force' });
    }
    proxy.impersonate(nothingAtAll);
    const looks = () => proxy.calls.filter(({ method, body }) => method === 'ListRooms' && body.includes(ordered)).length;
    await eventually('it is looked at again and again', looks, (count) => count >= 8);
    proxy.impersonate(undefined);
    for (const roomId of [recorded, ordered]) expect((await app.rooms.load(roomId))?.tally.state).toBe('active_meeting');
    expect((await api.get(recordingId)).body.status).toBe('active');
    await tally.close();
  });
});
