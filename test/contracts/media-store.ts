import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { InvalidInputError } from '../../src/errors.js';
import type { MediaStore } from '../../src/machines/ports/media.js';
import type { Disposable } from './actor-store.js';

export interface MediaStoreFixture extends Disposable {
  media: MediaStore;
  /** Writes or overwrites an object at the path where an egress would write it. */
  write: (key: string, bytes: Uint8Array) => Promise<void> | void;
}

export interface MediaStoreContract {
  name: string;
  /** Creates a store without objects. */
  create: () => Promise<MediaStoreFixture>;
}

const KEY = 'recordings/room/room--0123456789.mp4';
/** An object larger than any adapter reads at once. */
const BIG = Uint8Array.from({ length: 1_500_000 }, (_, index) => index % 251);

export function mediaStoreContract({ name, create }: MediaStoreContract): void {
  describe(`media store: ${name}`, () => {
    let media: MediaStore;
    let write: MediaStoreFixture['write'];
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ media, write, dispose } = await create());
    });
    afterEach(() => dispose?.());

    const bytesOf = async (start: number, end: number): Promise<Buffer> => buffer(await media.read(KEY, { start, end }));

    it('answers stat with undefined for an object that does not exist', async () => {
      expect(await media.stat(KEY)).toBeUndefined();
      await write(KEY, BIG);
      expect(await media.stat('recordings/room')).toBeUndefined();
      expect(await media.stat(`${KEY}/below`)).toBeUndefined();
    });

    it('answers stat with size, modification time and a strong ETag', async () => {
      await write(KEY, BIG);
      const info = await media.stat(KEY);
      expect(info).toEqual({ size: BIG.length, modifiedAt: expect.any(Number), etag: expect.stringMatching(/^"[^"]+"$/) });
      expect(info?.modifiedAt).toBeGreaterThan(1_600_000_000_000);
      expect(await media.stat(KEY)).toEqual(info);
    });

    it('changes the ETag when the content changes', async () => {
      await write(KEY, Uint8Array.of(1, 2, 3));
      const before = await media.stat(KEY);
      await write(KEY, Uint8Array.of(1, 2, 3, 4));
      expect((await media.stat(KEY))?.etag).not.toBe(before?.etag);
    });

    it('finds an object of size 0', async () => {
      await write(KEY, new Uint8Array());
      expect(await media.stat(KEY)).toMatchObject({ size: 0 });
    });

    it('reads a range, both ends included', async () => {
      await write(KEY, BIG);
      expect(await bytesOf(0, 0)).toEqual(Buffer.from(BIG.subarray(0, 1)));
      expect(await bytesOf(5, 9)).toEqual(Buffer.from(BIG.subarray(5, 10)));
      expect(await bytesOf(BIG.length - 1, BIG.length - 1)).toEqual(Buffer.from(BIG.subarray(-1)));
      expect((await bytesOf(1, BIG.length - 2)).equals(BIG.subarray(1, -1))).toBe(true);
      expect((await bytesOf(0, BIG.length - 1)).equals(BIG)).toBe(true);
    });

    it('holds one version of an object: its description and its bytes', async () => {
      await write(KEY, BIG);
      const held = await media.hold(KEY);
      expect(held?.info).toEqual(await media.stat(KEY));
      const stream = await held?.read({ start: 5, end: BIG.length - 1 });
      expect(stream && (await buffer(stream)).equals(BIG.subarray(5))).toBe(true);
    });

    it('holds nothing when the object does not exist', async () => {
      expect(await media.hold(KEY)).toBeUndefined();
      await write(KEY, BIG);
      expect(await media.hold('recordings/room')).toBeUndefined();
      expect(await media.hold(`${KEY}/below`)).toBeUndefined();
    });

    it('never reads another version of an object than the one it holds', async () => {
      await write(KEY, Uint8Array.of(1, 2, 3, 4));
      const held = await media.hold(KEY);
      await media.remove(KEY);
      await write(KEY, Uint8Array.of(5, 6, 7, 8, 9));
      // The old bytes or an error, whichever the store can do.
      const read = await held
        ?.read({ start: 0, end: 3 })
        .then(buffer)
        .catch(() => undefined);
      expect([undefined, '01020304']).toContain(read?.toString('hex'));
    });

    it('holds an object that is not read afterwards', async () => {
      await write(KEY, BIG);
      await (await media.hold(KEY))?.close();
      expect(await bytesOf(0, 0)).toEqual(Buffer.from(BIG.subarray(0, 1)));
    });

    it('serves many readers of one object at once', async () => {
      await write(KEY, BIG);
      const all = await Promise.all(Array.from({ length: 20 }, (_, index) => bytesOf(index, BIG.length - 1)));
      expect(all.every((bytes, index) => bytes.equals(BIG.subarray(index)))).toBe(true);
    });

    it('fails the stream of an object that does not exist', async () => {
      await expect(media.read(KEY, { start: 0, end: 9 }).then(buffer)).rejects.toThrow();
    });

    it('reads an object again after a stream of it was destroyed, before or during the read', async () => {
      await write(KEY, BIG);
      await closed((await media.read(KEY, { start: 0, end: BIG.length - 1 })).destroy());
      const half = await media.read(KEY, { start: 0, end: BIG.length - 1 });
      await once(half, 'readable');
      await closed(half.destroy());
      expect(await bytesOf(0, 3)).toEqual(Buffer.from(BIG.subarray(0, 4)));
    });

    it('ends a stream when its signal aborts', async () => {
      await write(KEY, BIG);
      const abort = new AbortController();
      const stream = await media.read(KEY, { start: 0, end: BIG.length - 1 }, abort.signal);
      const failure = once(stream, 'error') as Promise<[Error]>;
      abort.abort();
      expect((await failure)[0].name).toBe('AbortError');
      expect(stream.destroyed).toBe(true);
    });

    it('removes an object, and does not fail when the object does not exist', async () => {
      await write(KEY, BIG);
      await write('recordings/room/other.mp4', BIG);
      await media.remove(KEY);
      expect(await media.stat(KEY)).toBeUndefined();
      expect(await media.stat('recordings/room/other.mp4')).toBeDefined();
      await media.remove(KEY);
      await media.remove('never/was/there.mp4');
    });

    it('reads a new object at the key of a removed one', async () => {
      await write(KEY, BIG);
      await media.remove(KEY);
      await write(KEY, Uint8Array.of(7));
      expect(await bytesOf(0, 0)).toEqual(Buffer.of(7));
    });

    it('gives the egress a path that ends in the key', () => {
      expect(media.egressPath(KEY).endsWith(KEY)).toBe(true);
    });

    it.each(['', '/absolute', '../above', 'recordings/../../above', 'recordings/..', './here', 'a//b', 'a/', 'nul\0.mp4'])(
      'refuses the key %j',
      async (key) => {
        await expect(media.stat(key)).rejects.toThrow(InvalidInputError);
        await expect(media.hold(key)).rejects.toThrow(InvalidInputError);
        await expect(media.read(key, { start: 0, end: 1 })).rejects.toThrow(InvalidInputError);
        await expect(media.remove(key)).rejects.toThrow(InvalidInputError);
        expect(() => media.egressPath(key)).toThrow(InvalidInputError);
      },
    );
  });
}

async function closed(stream: Readable): Promise<void> {
  if (!stream.closed) await once(stream, 'close');
}
