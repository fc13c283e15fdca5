import { describe, expect, it } from 'vitest';

import { inspectFile } from '../../../src/machines/recording/effects/media-file.js';
import { createGate } from '../../support/gate.js';
import { createMemoryMedia } from '../../support/memory/memory-media.js';

const KEY = 'recordings/room--a1b2c3d4e5.mp4';

function box(type: string, bytes: number, size: 'short' | 'long' | 'to the end' = 'short'): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUInt32BE(size === 'short' ? bytes : size === 'long' ? 1 : 0, 0);
  buffer.write(type, 4, 'latin1');
  if (size === 'long') buffer.writeBigUInt64BE(BigInt(bytes), 8);
  return buffer;
}

const whole = Buffer.concat([box('ftyp', 32), box('moov', 785), box('mdat', 43)]);

async function verdictOn(bytes: Buffer | undefined, expectedSize?: number): Promise<boolean> {
  const media = createMemoryMedia();
  if (bytes !== undefined) media.write(KEY, bytes);
  return (await inspectFile(media, KEY, expectedSize)).complete;
}

describe('a file whose size LiveKit has reported', () => {
  it.each<[string, Buffer | undefined, number, boolean]>([
    ['is complete when it has that size', whole, whole.length, true],
    ['is not complete when it is shorter', whole.subarray(0, 500), whole.length, false],
    ['is not complete when it is longer', Buffer.concat([whole, Buffer.alloc(1)]), whole.length, false],
    ['is not complete when there is no object', undefined, whole.length, false],
    ['is not complete when it is empty', Buffer.alloc(0), 0, false],
  ])('%s', async (_name, bytes, size, expected) => {
    expect(await verdictOn(bytes, size)).toBe(expected);
  });
});

describe('an MP4 file whose size LiveKit has not reported', () => {
  it.each<[string, Buffer, boolean]>([
    ['is complete when its boxes include moov and fill the file exactly', whole, true],
    ['is complete when moov comes last', Buffer.concat([box('ftyp', 32), box('mdat', 43), box('moov', 785)]), true],
    ['is complete when a box has a 64-bit size', Buffer.concat([box('moov', 20), box('mdat', 40, 'long')]), true],
    [
      'is complete when the last box has size 0, which means to the end of the file',
      Buffer.concat([box('moov', 20), box('mdat', 40, 'to the end')]),
      true,
    ],
    ['is not complete without a moov box', Buffer.concat([box('ftyp', 32), box('mdat', 43)]), false],
    ['is not complete when it was cut off inside a box', whole.subarray(0, whole.length - 1), false],
    ['is not complete when it was cut off inside a header', Buffer.concat([whole, Buffer.alloc(5, 1)]), false],
    [
      'is not complete when a box states a size smaller than its own header',
      Buffer.concat([box('moov', 20), Buffer.from([0, 0, 0, 4, 1, 1, 1, 1])]),
      false,
    ],
    ['is not complete when its content is not MP4', Buffer.from('not a film, but long enough to look like one'), false],
  ])('%s', async (_name, bytes, expected) => {
    expect(await verdictOn(bytes)).toBe(expected);
    expect(await verdictOn(bytes, 0)).toBe(expected);
  });

  it.each(Array.from({ length: whole.length - 1 }, (_, index) => index + 1).filter((length) => length % 37 === 0))(
    'is not complete when only its first %i bytes exist',
    async (length) => {
      expect(await verdictOn(whole.subarray(0, length))).toBe(false);
    },
  );

  it('is reported with its size', async () => {
    const media = createMemoryMedia();
    media.write(KEY, whole);
    expect(await inspectFile(media, KEY, undefined)).toEqual({ complete: true, size: whole.length });
  });
});

it('inspecting a file throws when the media store cannot be reached, instead of reporting a missing file', async () => {
  const gate = createGate();
  const media = createMemoryMedia({ gate });
  media.write(KEY, whole);
  gate.failNext('media.stat', 'fail_before');
  await expect(inspectFile(media, KEY, undefined)).rejects.toMatchObject({ code: 'media.unavailable' });
  gate.failNext('media.read', 'fail_before');
  await expect(inspectFile(media, KEY, undefined)).rejects.toMatchObject({ code: 'media.unavailable' });
});
