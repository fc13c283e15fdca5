import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { EgressStatus } from 'livekit-server-sdk';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';
import { expect, it } from 'vitest';
import { createLiveStage, fileOutput, sequence } from './support.js';

it('records a room from start to file', async () => {
  const { egress, sink, simulator, mediaDir } = await createLiveStage();
  const started = await egress.startRoomCompositeEgress('r', fileOutput('a/b'), { layout: 'speaker' });
  expect(started).toMatchObject({ roomName: 'r', status: EgressStatus.EGRESS_STARTING, endedAt: 0n, error: '' });
  expect(started.egressId).toMatch(/^EG_[2-9A-HJ-NP-Za-km-z]{12}$/);
  expect(started.roomId).toMatch(/^RM_/);
  expect(started.startedAt).toBeTypeOf('bigint');
  expect(started.request.case).toBe('roomComposite');
  expect(started.result.case).toBe('file');
  expect(started.fileResults).toMatchObject([{ filename: 'a/b.mp4', startedAt: 0n, size: 0n, location: '' }]);

  const accepted = await sink.next(({ event }) => event?.event === 'egress_started');
  expect(accepted.body).not.toContain('"status"');
  await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
  expect(simulator.egresses()).toMatchObject([{ egressId: started.egressId, filepath: 'a/b.mp4', liveFrom: expect.any(Number) }]);
  expect(simulator.egresses()[0]).not.toHaveProperty('liveTo');

  const stopped = await egress.stopEgress(started.egressId);
  expect(stopped).toMatchObject({ status: EgressStatus.EGRESS_ENDING, details: 'End reason: StopEgress API', endedAt: 0n });
  expect(stopped.fileResults[0]?.duration).toBeGreaterThan(0n);
  expect(stopped.fileResults[0]?.size).toBe(0n);
  const ending = await sink.event('egress_updated', EgressStatus.EGRESS_ENDING);
  expect(ending.egressInfo?.fileResults[0]?.endedAt).toBe(0n);

  const { egressInfo: ended } = await sink.event('egress_ended');
  const location = path.join(mediaDir, 'a/b.mp4');
  const [file] = ended?.fileResults ?? [];
  expect(ended).toMatchObject({
    status: EgressStatus.EGRESS_COMPLETE,
    error: '',
    manifestLocation: path.join(mediaDir, `a/${started.egressId}.json`),
  });
  expect(file).toMatchObject({ filename: 'a/b.mp4', location, size: BigInt((await stat(location)).size) });
  const durationS = await new Input({ source: new FilePathSource(location), formats: ALL_FORMATS }).computeDuration();
  expect(BigInt(Math.round(durationS * 1000)) * 1_000_000n).toBe(file?.duration);
  expect((file?.endedAt ?? 0n) - (file?.startedAt ?? 0n)).toBe(file?.duration);
  expect(JSON.parse(await readFile(ended?.manifestLocation ?? '', 'utf8'))).toMatchObject({
    egress_id: started.egressId,
    files: [{ location }],
  });
  expect(sequence(sink)).toEqual(['egress_started 0', 'egress_updated 1', 'egress_updated 2', 'egress_ended 3']);
  expect(await egress.listEgress({ egressId: started.egressId })).toEqual([ended]);
  expect(simulator.egresses()).toMatchObject([
    {
      states: ['EGRESS_STARTING', 'EGRESS_ACTIVE', 'EGRESS_ENDING', 'EGRESS_COMPLETE'].map((status) => ({ status })),
      endedBy: 'stop',
    },
  ]);
});
