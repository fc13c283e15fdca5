import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';

import { MediaUnavailableError, toError } from '../../errors.js';

const CHUNK_BYTES = 256 * 1024;

/**
 * A stream of the bytes `start` to `end` of a file, both inclusive, or up to the end of a shorter file. The file is opened at the
 * first read, and closed when the stream ends or is destroyed.
 *
 * @throws MediaUnavailableError as an error of the stream: the file is missing or cannot be read
 */
export function readRange(path: string, { start, end }: { start: number; end: number }): Readable {
  let file: Promise<FileHandle> | undefined;
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

  /** @returns the next chunk; null at the end of the range or file */
  async function readNext(): Promise<Buffer | null> {
    const wanted = Math.min(CHUNK_BYTES, end - position + 1);
    if (wanted <= 0) return null;
    file ??= open(path, 'r');
    const handle = await file;
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    position += bytesRead;
    return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
  }

  async function close(): Promise<void> {
    const handle = await file?.catch(() => undefined);
    await handle?.close();
  }
}
