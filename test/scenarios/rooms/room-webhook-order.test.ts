import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { deliver } from '../../support/simulator/webhook-tap.js';

const HOUR = '3600000';

describe('the webhooks of the meetings of one room', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    // Tally learns of meetings from the webhooks that are delivered here alone.
    tally = await startAppOnSimulator({ speed: 50, webhooks: false, env: { TALLY_RECONCILE_INTERVAL_MS: HOUR } });
  });
  afterAll(() => tally.close());

  let roomId: string;
  const tell = async (event: 'room_started' | 'room_finished', sid: string) => {
    const body = JSON.stringify({ event, id: 'EV_1', room: { name: roomId, sid }, createdAt: '1767225600' });
    expect(await deliver(tally.app.url, body, tally.address)).toBe(200);
    return statusOf();
  };
  const started = (sid: string) => tell('room_started', sid);
  const finished = (sid: string) => tell('room_finished', sid);
  const statusOf = async () => {
    const { status, body } = await tally.api.getRoom(roomId);
    return status === 200 ? (body as { status: string }).status : status;
  };

  it('change nothing when they are repeated', async () => {
    roomId = await tally.api.createRoom();
    expect([await started('RM_1'), await started('RM_1')]).toEqual(['active_meeting', 'active_meeting']);
    expect([await finished('RM_1'), await finished('RM_1')]).toEqual(['open', 'open']);
    expect([await started('RM_2'), await finished('RM_2')]).toEqual(['active_meeting', 'open']);
  });

  it('do not begin a meeting again that is over, in any order', async () => {
    roomId = await tally.api.createRoom();
    expect(await finished('RM_1')).toBe('open');
    expect(await started('RM_1')).toBe('open');
    expect([await started('RM_2'), await finished('RM_2'), await started('RM_2')]).toEqual(['active_meeting', 'open', 'open']);
  });

  it('close a room that is to be closed after its meeting, once', async () => {
    roomId = await tally.api.createRoom();
    await started('RM_1');
    await tally.app.rooms.send(roomId, { type: 'close', at: Date.now(), source: 'test' });
    expect([await finished('RM_1'), await started('RM_1')]).toEqual(['closed', 'closed']);
    expect(await started('RM_2')).toBe('active_meeting');
  });

  it('of an earlier meeting neither end the present one nor replace it', async () => {
    roomId = await tally.api.createRoom();
    await started('RM_1');
    await finished('RM_1');
    await started('RM_2');
    expect([await finished('RM_1'), await started('RM_1')]).toEqual(['active_meeting', 'active_meeting']);
    expect(await finished('RM_2')).toBe('open');
  });

  it('delete a room that is to be deleted after its meeting at the end of that meeting, not of an earlier one', async () => {
    roomId = await tally.api.createRoom();
    await started('RM_1');
    await started('RM_2');
    expect((await tally.api.call('DELETE', `/rooms/${roomId}?withMeeting=when_meeting_ends`)).status).toBe(202);
    expect(await finished('RM_1')).toBe('active_meeting');
    expect([await finished('RM_2'), await started('RM_2')]).toEqual([404, 404]);
  });
});
