import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { MediaUnavailableError } from '../../src/errors.js';
import type { WantedRange } from '../../src/machines/ports/media.js';
import { createS3Media } from '../../src/persistence/s3/s3-media.js';
import { createS3Bucket, type S3Bucket, type S3Server } from '../support/stores/s3-bucket.js';
import { mediaStoreContract } from './media-store.js';

export interface S3MediaContract {
  name: string;
  /** Returns the server; it runs when the tests run. */
  server: () => S3Server;
}

const KEY = 'recordings/room/room--0123456789.mp4';
/** Time limits that hundreds of concurrent calls do not reach on a busy machine. */
const PATIENT = { limitMs: 30_000, stallLimitMs: 30_000 };
const BIG = Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251);

/** Runs the media contract and the further tests that every S3 server passes. */
export function s3MediaContract({ name, server }: S3MediaContract): void {
  mediaStoreContract({ name, create: () => createS3Bucket(server(), PATIENT) });

  describe(`S3 media: ${name}`, () => {
    let bucket: S3Bucket;

    beforeEach(async () => {
      bucket = await createS3Bucket(server(), PATIENT);
    });
    afterEach(() => bucket.dispose());

    const open = async (key: string, range?: WantedRange) => bucket.media.open?.(key, range, new AbortController().signal);

    it('puts the subfolder in front of a key that does not begin with it', async () => {
      const { media } = bucket;
      expect(media.egressPath(KEY)).toBe(`tally/${KEY}`);
      expect(media.egressPath('tally/a.mp4')).toBe('tally/a.mp4');
      expect(media.egressPath('tally-too/a.mp4')).toBe('tally/tally-too/a.mp4');
      await bucket.write(KEY, Uint8Array.of(1));
      expect(await media.stat(`tally/${KEY}`)).toMatchObject({ size: 1 });
    });

    it('works without a subfolder', async () => {
      await bucket.write(KEY, Uint8Array.of(1, 2));
      const whole = createS3Media({ ...bucket.options, subfolder: '' });
      expect(whole.egressPath(KEY)).toBe(KEY);
      expect(await whole.stat(KEY)).toBeUndefined();
      expect(await whole.stat(`tally/${KEY}`)).toMatchObject({ size: 2 });
      whole.close();
    });

    it.each([undefined, 'CRC32', 'SHA256'] as const)('reads an object stored with the checksum %s', async (checksum) => {
      await bucket.write(KEY, BIG, checksum);
      expect(await bucket.media.stat(KEY)).toMatchObject({ size: BIG.length });
      expect((await buffer(await bucket.media.read(KEY, { start: 0, end: BIG.length - 1 }))).equals(BIG)).toBe(true);
      expect(await buffer(await bucket.media.read(KEY, { start: 3, end: 5 }))).toEqual(Buffer.of(3, 4, 5));
    });

    it.each([
      [undefined, undefined],
      [{ start: 0 }, { start: 0, end: BIG.length - 1 }],
      [
        { start: 7, end: 7 },
        { start: 7, end: 7 },
      ],
      [
        { start: BIG.length - 5, end: Number.MAX_SAFE_INTEGER },
        { start: BIG.length - 5, end: BIG.length - 1 },
      ],
      [{ suffix: 4 }, { start: BIG.length - 4, end: BIG.length - 1 }],
      [{ suffix: BIG.length }, { start: 0, end: BIG.length - 1 }],
    ])('opens the range %j', async (wanted, part) => {
      await bucket.write(KEY, BIG);
      const opened = await open(KEY, wanted);
      expect(opened?.file).toEqual(await bucket.media.stat(KEY));
      expect(opened?.part).toEqual(part);
      const { start, end } = part ?? { start: 0, end: BIG.length - 1 };
      expect((await buffer(opened?.stream ?? Readable.from([]))).equals(BIG.subarray(start, end + 1))).toBe(true);
    });

    it('opens nothing for a missing object, an empty object, or a range beyond the end', async () => {
      expect(await open(KEY)).toBeUndefined();
      await bucket.write(KEY, Uint8Array.of(1, 2, 3));
      expect(await open(KEY, { start: 3 })).toBeUndefined();
      expect(await open(KEY, { start: Number.MAX_SAFE_INTEGER })).toBeUndefined();
      await bucket.write(KEY, Uint8Array.of());
      expect(await open(KEY)).toBeUndefined();
      expect(await open(KEY, { start: 0 })).toBeUndefined();
      expect(await open(KEY, { suffix: 1 })).toBeUndefined();
    });

    it('rejects with AbortError when its signal is aborted while or before it opens an object', async () => {
      await bucket.write(KEY, BIG);
      const gone = new AbortController();
      const opening = bucket.media.open?.(KEY, undefined, gone.signal);
      gone.abort();
      await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
      await expect(bucket.media.open?.(KEY, undefined, gone.signal)).rejects.toMatchObject({ name: 'AbortError' });
    });

    it('reads to the end of the object when a range reaches or begins beyond it', async () => {
      await bucket.write(KEY, Uint8Array.of(1, 2, 3));
      expect(await buffer(await bucket.media.read(KEY, { start: 1, end: 100 }))).toEqual(Buffer.of(2, 3));
      expect(await buffer(await bucket.media.read(KEY, { start: 3, end: 100 }))).toEqual(Buffer.of());
    });

    it('opens 200 streams at once, and answers quickly after they are destroyed', async () => {
      const bytes = BIG.subarray(0, 300_000);
      await bucket.write(KEY, bytes);
      const started = Array.from({ length: 200 }, async () => {
        const stream = await bucket.media.read(KEY, { start: 0, end: bytes.length - 1 });
        await once(stream, 'readable');
        return stream;
      });
      const streams = await Promise.all(started);
      const before = performance.now();
      for (const stream of streams) stream.destroy();
      expect(await buffer(await bucket.media.read(KEY, { start: 0, end: 0 }))).toEqual(Buffer.of(0));
      expect(await bucket.media.stat(KEY)).toBeDefined();
      expect(performance.now() - before).toBeLessThan(PATIENT.limitMs / 3); // without a free connection: half the limit
    });

    it('gives no presigned URLs unless links are configured', () => {
      expect(bucket.media.presign).toBeUndefined();
    });

    it('gives presigned URLs by which a client fetches the object, whole or a range of it', async () => {
      await bucket.write(KEY, BIG);
      const linked = createS3Media({ ...bucket.options, links: { endpoint: bucket.options.endpoint ?? '', ttlMs: 60_000 } });
      const url = (await linked.presign?.(KEY)) ?? '';
      const asked = Object.fromEntries(new URL(url).searchParams);
      expect(asked).toMatchObject({ 'X-Amz-Expires': '60', 'response-content-type': 'video/mp4' });
      const whole = await fetch(url);
      expect(whole.status).toBe(200);
      expect(whole.headers.get('Content-Disposition')).toBeNull();
      expect(Buffer.from(await whole.arrayBuffer()).equals(BIG)).toBe(true);
      const part = await fetch(url, { headers: { Range: 'bytes=3-5' } });
      expect(part.status).toBe(206);
      expect(Buffer.from(await part.arrayBuffer())).toEqual(Buffer.of(3, 4, 5));
      linked.close();
    });

    it('answers a ping', async () => {
      await bucket.media.ping();
    });

    it('throws media.unavailable when the bucket does not exist', async () => {
      const media = createS3Media({ ...bucket.options, bucket: 'no-such-bucket' });
      for (const call of [
        () => media.stat(KEY),
        () => media.read(KEY, { start: 0, end: 1 }).then(buffer),
        async () => media.open?.(KEY, undefined, new AbortController().signal),
        () => media.remove(KEY),
        () => media.ping(),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'media.unavailable', cause: { name: 'NoSuchBucket' } });
      }
      media.close();
    });

    it('throws media.unavailable with the cause NoSuchKey when a missing object is read', async () => {
      await expect(bucket.media.read(KEY, { start: 0, end: 1 }).then(buffer)).rejects.toThrow(MediaUnavailableError);
      await expect(bucket.media.read(KEY, { start: 0, end: 1 }).then(buffer)).rejects.toMatchObject({
        cause: { name: 'NoSuchKey' },
      });
    });
  });
}
