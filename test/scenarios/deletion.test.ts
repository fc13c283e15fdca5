import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce } from '../support/apps/build-once.js';
import { eventually } from '../support/eventually.js';
import { oweEffect } from '../support/owe-effect.js';
import { adapters } from '../support/stores/stores.js';
import { startTallyProcess, type TallyProcess } from '../support/apps/tally-process.js';

const REMOVED_WITHIN_MS = 8_000 + adapters.laterMs;
describe('deleting a recording', () => {
  let tally: TallyProcess;

  beforeAll(async () => {
    await buildOnce();
    tally = await startTallyProcess({ speed: 20 });
  }, BUILD_TIMEOUT_MS);
  afterAll(() => tally.stop());

  it('hides it everywhere at once, and its file is removed', async () => {
    const { api } = tally;
    const { recordingId, mediaKey } = await recordOnce();
    expect((await api.delete(recordingId)).status).toBe(200);
    await expectGone(recordingId);
    await untilNoFile(mediaKey);
  });

  it('is refused while it is active', async () => {
    const { api } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    const { status, body } = await api.delete(recordingId);
    expect([status, body.message]).toEqual([409, `Recording '${recordingId}' is not stopped yet`]);
    expect((await api.get(recordingId)).body.status).toBe('active');
    await api.stop(recordingId);
    await api.outcome(recordingId);
    expect((await api.delete(recordingId)).status).toBe(200);
  });

  // Over 5 s on real servers: Tally is killed while it owes the removal, and started again.
  it('removes its file although Tally is killed between the commit and the removal', async () => {
    const { api, stores } = tally;
    const killedEarly = await recordOnce();
    const late = await recordOnce();
    const { recordingId, mediaKey, size } = late;
    const kept = await buffer(await stores.media.read(mediaKey, { start: 0, end: size - 1 }));
    expect((await api.delete(recordingId)).status).toBe(200);
    expect((await api.delete(killedEarly.recordingId)).status).toBe(200);
    await tally.kill();
    // The stores as they are between commit and removal, and the file back in its place.
    await stores.write(mediaKey, kept);
    await tally.withStores(({ recordings }) =>
      oweEffect(recordings, recordingId.split('--')[2] ?? '', 'removeMedia', { mediaKey }),
    );
    await tally.start();
    for (const deleted of [late, killedEarly]) {
      await expectGone(deleted.recordingId);
      await untilNoFile(deleted.mediaKey);
    }
  });

  it('stops it first when its room is deleted during a meeting, and removes every file of the room', async () => {
    const { api, simulator } = tally;
    const { roomId, recordingId, mediaKey } = await recordOnce();
    const second = (await api.start(roomId)).body.recordingId;
    const answer = await api.call('DELETE', `/rooms/${roomId}?withMeeting=force&withRecordings=force`);
    expect(answer.status).toBe(200);
    await untilNoFile(mediaKey);
    await eventually(
      'every recording of the room is gone',
      async () => [(await api.get(recordingId)).status, (await api.get(second)).status],
      (statuses) => statuses.every((status) => status === 404),
    );
    await eventually('the second one is over', simulator.egresses, (egresses) =>
      egresses.every((egress) => egress.roomName !== roomId || egress.states.at(-1)?.status === 'EGRESS_COMPLETE'),
    );
    await untilNoFile(keyOf(roomId, `${roomId}--${second.split('--')[2] ?? ''}.mp4`));
  });

  async function recordOnce(): Promise<{ roomId: string; recordingId: string; mediaKey: string; size: number }> {
    const { api, stores } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    await api.stop(recordingId);
    const { filename } = await api.outcome(recordingId);
    const mediaKey = keyOf(roomId, filename);
    const { size = 0 } = (await stores.media.stat(mediaKey)) ?? {};
    expect(size).toBeGreaterThan(0);
    return { roomId, recordingId, mediaKey, size };
  }

  function keyOf(roomId: string, filename: string): string {
    return `recordings/${roomId}/${filename}`;
  }

  async function expectGone(recordingId: string): Promise<void> {
    const { api } = tally;
    const path = `/recordings/${recordingId}`;
    const answers = await Promise.all([
      api.get(recordingId),
      api.delete(recordingId),
      api.stop(recordingId),
      api.call('GET', `${path}/media`),
      api.call('HEAD', `${path}/media`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await api.list()).map((recording) => recording.recordingId)).not.toContain(recordingId);
  }

  async function untilNoFile(mediaKey: string): Promise<void> {
    await eventually(
      `${mediaKey} is gone`,
      () => tally.stores.media.stat(mediaKey),
      (file) => file === undefined,
      REMOVED_WITHIN_MS,
    );
  }
});
