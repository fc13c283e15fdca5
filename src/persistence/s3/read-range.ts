import { Readable } from 'node:stream';

import { systemClock } from '../../clock.js';
import { MediaUnavailableError } from '../../errors.js';

export interface ReadRangeOptions {
  /** Names the object in errors. */
  key: string;
  /** Asks for the bytes, at the first read; undefined when there are none. */
  open: (signal: AbortSignal) => Promise<Readable | undefined>;
  /** How long the opening with the first bytes may take, milliseconds. */
  openLimitMs: number;
  /** How long further bytes may take once they are asked for, milliseconds. A reader may take its time between. */
  stallLimitMs: number;
}

/**
 * A stream over the body of an answer. The connection is held from the first read to the end or to the stream's
 * destruction, whichever comes first: a body that is neither read nor destroyed holds it for ever.
 *
 * @throws MediaUnavailableError through the stream: there is no such object, it cannot be read, or no bytes arrive
 */
export function readRange({ key, open, openLimitMs, stallLimitMs }: ReadRangeOptions): Readable {
  const abort = new AbortController();
  let body: Readable | undefined;
  let chunks: AsyncIterator<Buffer> | undefined;

  const stream = new Readable({
    read() {
      const limitMs = chunks === undefined ? openLimitMs : stallLimitMs;
      const cancel = systemClock.after(limitMs, () => fail(new Error(`No bytes within ${limitMs} ms`)));
      next()
        .then((chunk) => this.push(chunk), fail)
        .finally(cancel);
    },
    destroy(error, done) {
      abort.abort();
      body?.destroy();
      done(error);
    },
  });
  return stream;

  function fail(cause: unknown): void {
    stream.destroy(new MediaUnavailableError(`Cannot read ${key}`, { cause }));
  }

  /** The next chunk; null at the end. */
  async function next(): Promise<Buffer | null> {
    chunks ??= await openChunks();
    const chunk = await chunks.next();
    return chunk.done === true ? null : chunk.value;
  }

  async function openChunks(): Promise<AsyncIterator<Buffer>> {
    body = (await open(abort.signal)) ?? Readable.from([]);
    body.on('error', () => undefined); // an abandoned body still tells of its end
    if (stream.destroyed) body.destroy();
    return body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }
}
