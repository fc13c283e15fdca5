import { randomBytes } from 'node:crypto';

import { EncodedFileOutput, EncodedFileType } from '@livekit/protocol';
import { EgressClient } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { mediaKeyOf } from '../../../src/machines/recording/media-key.js';
import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';
import { isRunning } from '../../support/invariants.js';

describe('egresses that no recording owns', () => {
  let tally: AppOnSimulator;
  let livekit: EgressClient;

  beforeAll(async () => {
    tally = await startAppOnSimulator({
      speed: 50,
      env: { TALLY_RECONCILE_INTERVAL_MS: '100', TALLY_SUSPECT_RECHECK_MS: '50' },
    });
    livekit = new EgressClient(tally.address.url, tally.address.apiKey, tally.address.apiSecret);
  });
  afterAll(() => tally.close());

  it('one of a recording that is over is stopped, and the recording stays as it was', async () => {
    const { api } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    await api.stop(recordingId);
    const before = await api.outcome(recordingId);
    const egressId = await startEgress(roomId, pathOf(roomId, uidOf(recordingId)));
    await untilOver(egressId);
    expect((await api.get(recordingId)).body).toEqual(before);
    expect((await api.list(roomId)).map((recording) => recording.recordingId)).toEqual([recordingId]);
  });

  it('one of a deleted recording is stopped', async () => {
    const { api } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    await api.stop(recordingId);
    await api.outcome(recordingId);
    expect((await api.delete(recordingId)).status).toBe(200);
    await untilOver(await startEgress(roomId, pathOf(roomId, uidOf(recordingId))));
    expect(await api.list(roomId)).toEqual([]);
    const { media } = tally.app.persistence;
    const key = mediaKeyOf({ roomId, uid: uidOf(recordingId) });
    await eventually(
      'its file is removed',
      () => media.stat(key),
      (file) => file === undefined,
    );
  });

  it('one whose recording was lost is adopted when the room is free, and its file plays', async () => {
    const { api } = tally;
    const roomId = await tally.openRoom();
    const uid = randomBytes(5).toString('hex');
    const egressId = await startEgress(roomId, pathOf(roomId, uid));
    const [recording] = await eventually(
      'it is adopted',
      () => api.list(roomId),
      (recordings) => recordings[0]?.status === 'active',
    );
    expect(recording?.recordingId).toBe(`${roomId}--${egressId}--${uid}`);
    expect((await api.start(roomId)).status).toBe(409);
    expect((await api.stop(recording?.recordingId ?? '')).status).toBe(202);
    expect((await api.outcome(recording?.recordingId ?? '')).status).toBe('complete');
    expect(await api.plays(recording?.recordingId ?? '')).toBeGreaterThan(0);
  });

  it('one whose recording was lost is stopped when another recording holds the room, and that one goes on', async () => {
    const { api } = tally;
    const roomId = await tally.openRoom();
    const { recordingId } = (await api.start(roomId)).body;
    await untilOver(await startEgress(roomId, pathOf(roomId, randomBytes(5).toString('hex'))));
    expect((await api.list(roomId)).map(({ status }) => status)).toEqual(['active']);
    await api.stop(recordingId);
    expect((await api.outcome(recordingId)).status).toBe('complete');
  });

  it('one of another program is never touched, in a room of ours or not', async () => {
    const { api, simulator } = tally;
    const roomId = await tally.openRoom();
    await simulator.join('somebody-elses-room');
    const foreign = [
      await startEgress(roomId, `elsewhere/${roomId}`),
      await startEgress('somebody-elses-room', 'recordings/a/b--c.mp4'),
      await startEgress('somebody-elses-room', pathOf('somebody-elses-room', '0123456789')),
    ];
    const { recordingId } = (await api.start(roomId)).body;
    await passes(6);
    await api.stop(recordingId);
    expect((await api.outcome(recordingId)).status).toBe('complete');
    await passes(2);
    const running = (await simulator.egresses()).filter(isRunning).map(({ egressId }) => egressId);
    expect(running).toEqual(expect.arrayContaining(foreign));
    expect(stopsOf(foreign)).toEqual([]);
  });

  async function startEgress(roomName: string, filepath: string): Promise<string> {
    const file = new EncodedFileOutput({ fileType: EncodedFileType.MP4, filepath, disableManifest: true });
    return (await livekit.startRoomCompositeEgress(roomName, { file })).egressId;
  }

  function pathOf(roomId: string, uid: string): string {
    const { media } = tally.app.persistence;
    return media.egressPath(mediaKeyOf({ roomId, uid }));
  }

  async function untilOver(egressId: string): Promise<void> {
    await eventually(`${egressId} is stopped`, tally.simulator.egresses, (egresses) =>
      egresses.some((egress) => egress.egressId === egressId && egress.endedBy === 'stop' && !isRunning(egress)),
    );
  }

  /** Wait until Tally has made this many further passes. */
  async function passes(count: number): Promise<void> {
    const looks = () => tally.proxy.calls.filter(({ method }) => method === 'ListRooms').length;
    const wanted = looks() + count;
    await eventually(`${count} more looks`, looks, (seen) => seen >= wanted);
  }

  function stopsOf(egressIds: string[]): string[] {
    const stops = tally.proxy.calls.filter(({ method }) => method === 'StopEgress');
    return stops.map(({ body }) => body).filter((body) => egressIds.some((egressId) => body.includes(egressId)));
  }
});

function uidOf(recordingId: string): string {
  return recordingId.split('--').at(-1) ?? '';
}
