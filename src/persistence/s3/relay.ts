import { finished, Readable } from 'node:stream';

import { type Clock, TimeLimitError } from '../../clock.js';
import { MediaUnavailableError } from '../../errors.js';

export interface RelayOptions {
  clock: Pick<Clock, 'after'>;
  /** Names the object in errors. */
  key: string;
  /** How long the first bytes may take once they are asked for, milliseconds; opening included. */
  firstLimitMs: number;
  /** How long further bytes may take once they are asked for, milliseconds. A reader may take its time between. */
  stallLimitMs: number;
}

/** Asks for the bytes, at the first read; undefined when there are none. */
export type Opener = (signal: AbortSignal) => Promise<Readable | undefined>;

/**
 * A stream over the body of an answer. The connection is held until the stream ends or is destroyed, whichever comes first: a
 * body that is neither read nor destroyed holds it for ever.
 *
 * @throws MediaUnavailableError through the stream: there is no such object, it cannot be read, or no bytes arrive
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
      cancelLimit(); // the reader may take its time over what is here
      if (error instanceof Error) fail(error);
      else stream.push(null);
    });
    if (stream.destroyed) opened.destroy();
  }

  function fail(cause: unknown): void {
    stream.destroy(new MediaUnavailableError(`Cannot read ${key}`, { cause }));
  }
}
