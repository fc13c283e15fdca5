import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { collect } from '../../support/collect.js';
import { eventually } from '../../support/eventually.js';

describe('a room that is deleted while a recording of it is being started', () => {
  let tally: AppOnSimulator;
  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: 50 });
  });
  afterAll(() => tally.close());

  it('is deleted with the recording, also with one that is stored after the room has deleted its recordings', async () => {
    const { api, app, proxy, inside } = tally;
    const { recordings, rooms } = app.persistence;
    const roomId = await tally.openRoom();
    const { reached, release } = proxy.hold('answer', 'ListParticipants', roomId);
    const start = api.start(roomId);
    await reached;
    await api.call('DELETE', `/rooms/${roomId}?withMeeting=force&withRecordings=force`);
    await eventually(
      'the room is forgotten',
      () => rooms.load(roomId),
      (room) => room === undefined,
    );
    release();

    const { status, body } = await start;
    expect([status, body.message]).toEqual([404, `Room '${roomId}' does not exist`]);
    await eventually(
      'no recording is left',
      () => collect(recordings.keysOfRoom(roomId)),
      (keys) => keys.length === 0,
    );
    expect(inside.egresses().filter(({ roomName, liveTo }) => roomName === roomId && liveTo === undefined)).toEqual([]);
    expect(await api.list(roomId)).toEqual([]);
  });
});
