import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';

import { MediaUnavailableError, toError } from '../../errors.js';
import type { ByteRange } from '../../machines/ports/media.js';

const CHUNK_BYTES = 256 * 1024;

/** An open file, or a function that opens it. */
export type Source = FileHandle | (() => Promise<FileHandle>);

/**
 * A stream of the bytes `start` to `end` of a file, both inclusive. The stream closes the file when it ends or is destroyed.
 *
 * @param source a function is called at the first read
 * @throws MediaUnavailableError as an error of the stream: the file cannot be opened or read, or ends before `end`
 */
export function readRange(path: string, source: Source, { start, end }: ByteRange): Readable {
  const open = typeof source === 'function' ? source : () => Promise.resolve(source);
  let file = typeof source === 'function' ? undefined : open();
  let position = start;

  return new Readable({
    highWaterMark: CHUNK_BYTES,
    read() {
      readNext().then(
        (chunk) => this.push(chunk),
        (error: unknown) => this.destroy(new MediaUnavailableError(`Cannot read ${path}`, { cause: error })),
      );
    },
    destroy(error, done) {
      close().then(
        () => {
          done(error);
        },
        (failure: unknown) => {
          done(error ?? toError(failure));
        },
      );
    },
  });

  /** @returns the next chunk; null at the end of the range */
  async function readNext(): Promise<Buffer | null> {
    const wanted = Math.min(CHUNK_BYTES, end - position + 1);
    if (wanted <= 0) return null;
    const handle = await (file ??= open());
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    // A reader that was promised more bytes would wait for them for ever.
    if (bytesRead === 0) throw new Error(`the file ends at byte ${position}, before byte ${end}`);
    position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  async function close(): Promise<void> {
    const handle = await file?.catch(() => undefined);
    await handle?.close();
  }
}
