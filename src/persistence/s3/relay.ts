import { finished, Readable } from 'node:stream';

import { type Clock, TimeLimitError } from '../../clock.js';
import { MediaUnavailableError } from '../../errors.js';

export interface RelayOptions {
  clock: Pick<Clock, 'after'>;
  /** Key of the object, for error messages. */
  key: string;
  /** Time limit from the first read to the first bytes, including the opening of the object, milliseconds. */
  firstLimitMs: number;
  /** Time limit from a later read to its bytes, milliseconds. The reader may pause between reads without limit. */
  stallLimitMs: number;
}

/** Requests the body; it is called at the first read. Resolves to undefined if the object has none of the bytes. */
export type Opener = (signal: AbortSignal) => Promise<Readable | undefined>;

/**
 * A stream of the body of an S3 answer. It keeps the connection until it ends or is destroyed; without either, the connection is
 * never released.
 *
 * @throws MediaUnavailableError as an error of the stream: the object is missing or unreadable, or no bytes arrive in time
 */
export function relay(source: Readable | Opener, { clock, key, firstLimitMs, stallLimitMs }: RelayOptions): Readable {
  const abort = new AbortController();
  let limitMs = firstLimitMs;
  let cancelLimit = (): void => undefined;
  let body: Readable | undefined;
  let isOpening = false;

  const stream = new Readable({
    read() {
      cancelLimit();
      cancelLimit = clock.after(limitMs, () => fail(new TimeLimitError(limitMs)));
      if (body !== undefined) body.resume();
      else if (!isOpening) open();
    },
    destroy(error, done) {
      cancelLimit();
      if (body === undefined) abort.abort();
      else body.destroy();
      done(error);
    },
  });
  if (source instanceof Readable) carry(source.pause());
  return stream;

  function open(): void {
    isOpening = true;
    if (typeof source === 'function') source(abort.signal).then((opened) => carry(opened ?? Readable.from([])), fail);
  }

  function carry(opened: Readable): void {
    body = opened;
    opened.on('data', (chunk: Buffer) => {
      cancelLimit();
      limitMs = stallLimitMs;
      if (!stream.push(chunk)) opened.pause();
    });
    finished(opened, (error) => {
      cancelLimit(); // the body has arrived, so only the reader's own pace counts now
      if (error instanceof Error) fail(error);
      else stream.push(null);
    });
    if (stream.destroyed) opened.destroy();
  }

  function fail(cause: unknown): void {
    stream.destroy(new MediaUnavailableError(`Cannot read ${key}`, { cause }));
  }
}
