import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { EgressStatus } from 'livekit-server-sdk';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import { describe, expect, it } from 'vitest';
import { locate, resolveFilename } from '../../src/simulator/media/filepath.js';
import { createMp4 } from '../../src/simulator/media/mp4.js';
import { ENDLESS_MS, createLiveStage, createStage, fileOutput, type Stage } from './support.js';

async function record(stage: Stage, filepath: string, options: { disableManifest?: boolean } = {}) {
  const { egressId } = await stage.egress.startRoomCompositeEgress('r', fileOutput(filepath, options));
  await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
  await stage.egress.stopEgress(egressId);
  return (await stage.sink.event('egress_ended')).egressInfo;
}

describe('the MP4', () => {
  it.each([1, 40, 41, 500, 541, 12_345, 3_600_000])('of %d ms lasts exactly that long', async (durationMs) => {
    const input = new Input({ source: new BufferSource(await createMp4(durationMs)), formats: ALL_FORMATS });
    expect(await input.computeDuration()).toBeCloseTo(durationMs / 1000, 6);
    const track = await input.getPrimaryVideoTrack();
    expect(await track?.getCodecParameterString()).toBe('avc1.42c00b');
    expect([track?.displayWidth, track?.displayHeight]).toEqual([320, 180]);
  });
});

it('the padded MP4 plays, has the size asked for, and no two of its ranges are equal', async () => {
  const padded = await createMp4(1_000, 3_000_001);
  expect(padded).toHaveLength(3_000_001);
  const input = new Input({ source: new BufferSource(padded), formats: ALL_FORMATS });
  expect(await input.computeDuration()).toBeCloseTo(1, 6);
  const ranges = [1_000_000, 1_004_096, 2_500_000].map((at) => Buffer.from(padded.subarray(at, at + 4_096)).toString('hex'));
  expect(new Set(ranges).size).toBe(3);
  // Not compared byte by byte: a file contains the second in which it was made.
  expect(await createMp4(1_000, 100)).toHaveLength((await createMp4(1_000)).length);
});

describe('a file path', () => {
  const resolve = (filepath: string, extension: '.mp4' | '.ogg' = '.mp4') =>
    resolveFilename({ filepath, extension, roomName: 'r', roomId: 'RM_1', nowMs: Date.UTC(2026, 1, 3, 4, 5, 6, 789) });

  it.each([
    ['a/b.mp4', 'a/b.mp4'],
    ['/a/b', '/a/b.mp4'],
    ['a.b', 'a.b.mp4'],
    ['a.webm', 'a.mp4'],
    ['', 'r-2026-02-03T040506.mp4'],
    ['a/', 'a/r-2026-02-03T040506.mp4'],
    ['{room_name}/{room_id}/{time}-{utc}-{other}', 'r/RM_1/2026-02-03T040506-20260203040506789-{other}.mp4'],
    ['../../a', 'a.mp4'],
    ['a/../../b', 'b.mp4'],
  ])('%s becomes %s', (filepath, filename) => expect(resolve(filepath)).toBe(filename));

  it('of an audio file ends in .ogg', () => expect(resolve('a.mp4', '.ogg')).toBe('a.ogg'));

  it('leads into the media folder or nowhere', () => {
    expect(locate('a/b.mp4', '/media')).toBe('/media/a/b.mp4');
    expect(locate('/media/b.mp4', '/media')).toBe('/media/b.mp4');
    expect(locate('/media/../etc/b.mp4', '/media')).toBeUndefined();
    expect(locate('/mediaother/b.mp4', '/media')).toBeUndefined();
    expect(locate('/etc/b.mp4', '/media')).toBeUndefined();
  });
});

describe('a recording', () => {
  it('goes to an absolute path inside the media folder', async () => {
    const stage = await createLiveStage();
    const filepath = path.join(stage.mediaDir, 'deep/er/x.mp4');
    const info = await record(stage, filepath);
    expect(info?.fileResults).toMatchObject([{ filename: filepath, location: filepath }]);
    expect(stage.simulator.egresses()).toMatchObject([{ filepath }]);
  });

  it('fails to upload anywhere else, and writes nothing', async () => {
    const stage = await createLiveStage();
    const outside = path.join(path.dirname(stage.mediaDir), 'elsewhere', 'x.mp4');
    expect(await record(stage, outside)).toMatchObject({
      status: EgressStatus.EGRESS_FAILED,
      errorCode: 400,
      error: `Local upload failed: mkdir ${path.dirname(outside)}: permission denied`,
      fileResults: [{ location: '', size: 0n }],
    });
    expect(await readdir(path.dirname(stage.mediaDir))).not.toContain('elsewhere');
  });

  it('has a manifest beside it unless that is switched off', async () => {
    const stage = await createLiveStage();
    const info = await record(stage, 'a/x.mp4', { disableManifest: true });
    expect(info?.manifestLocation).toBe('');
    expect(await readdir(path.join(stage.mediaDir, 'a'))).toEqual(['x.mp4']);
    const other = await record(stage, 'b/x.mp4');
    expect((await readdir(path.join(stage.mediaDir, 'b'))).sort()).toEqual([`${other?.egressId ?? ''}.json`, 'x.mp4']);
    expect(JSON.parse(await readFile(other?.manifestLocation ?? '', 'utf8'))).toMatchObject({
      room_name: 'r',
      room_id: other?.roomId,
    });
  });

  it('is not there before it has ended', async () => {
    const stage = await createLiveStage({ script: { name: 'slow-upload', delayMs: ENDLESS_MS } });
    const { egressId } = await stage.egress.startRoomCompositeEgress('r', fileOutput('x.mp4'));
    await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    await stage.egress.stopEgress(egressId);
    expect(await readdir(stage.mediaDir)).toEqual([]);
  });
});

describe('closing', () => {
  it('ends what records and writes its file, aborts what waits, and leaves the dead alone', async () => {
    const stage = await createLiveStage();
    await stage.egress.startRoomCompositeEgress('r', fileOutput('live.mp4'));
    await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    stage.simulator.setScript({ name: 'slow-upload', delayMs: ENDLESS_MS });
    const ending = await stage.egress.startRoomCompositeEgress('r', fileOutput('ending.mp4'));
    await stage.sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
    await stage.egress.stopEgress(ending.egressId);
    stage.simulator.setScript({ name: 'never-active' });
    await stage.egress.startRoomCompositeEgress('r', fileOutput('waiting.mp4'));
    stage.simulator.setScript({ name: 'worker-crash', delayMs: 0 });
    await stage.egress.startRoomCompositeEgress('r', fileOutput('dead.mp4'));
    await expect.poll(() => stage.simulator.egresses()[3]?.endedBy, { interval: 2 }).toBe('fault');

    await stage.simulator.close();
    expect(stage.simulator.egresses().map(({ filepath, states }) => [filepath, states.at(-1)?.status])).toEqual([
      ['live.mp4', 'EGRESS_COMPLETE'],
      ['ending.mp4', 'EGRESS_COMPLETE'],
      ['waiting.mp4', 'EGRESS_ABORTED'],
      ['dead.mp4', 'EGRESS_ACTIVE'],
    ]);
    expect((await readdir(stage.mediaDir)).filter((name) => name.endsWith('.mp4')).sort()).toEqual(['ending.mp4', 'live.mp4']);
    await expect(fetch(stage.simulator.url)).rejects.toThrow('fetch failed');
  });

  it('does not wait for calls that hang', async () => {
    const stage = await createStage({ script: { name: 'api-timeout' } });
    const call = stage.egress.listEgress().catch((error: unknown) => error);
    await stage.simulator.close();
    expect(await call).toBeInstanceOf(TypeError);
  });
});
