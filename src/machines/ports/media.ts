import type { Readable } from 'node:stream';

export interface MediaInfo {
  /** Bytes. */
  size: number;
  /** Epoch milliseconds. */
  modifiedAt: number;
  /** Strong entity tag, quotes included. */
  etag: string;
}

/** Bytes of a file, both ends inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** The requested bytes of a file: from `start` to `end` or to the end of the file, or the last `suffix` bytes. */
export type WantedRange = { start: number; end?: number } | { suffix: number };

/** A file with an open stream. The receiver reads the stream to its end or destroys it. */
export interface OpenMedia {
  file: MediaInfo;
  /** The bytes that the stream contains; absent for the whole file. */
  part?: ByteRange;
  stream: Readable;
}

/**
 * Recorded files. Keys have no leading slash.
 *
 * @throws MediaUnavailableError from every method: the media store could not be reached (retryable)
 */
export interface MediaStore {
  /** @returns undefined when there is certainly no such object */
  stat(key: string): Promise<MediaInfo | undefined>;
  /**
   * Read the bytes `start` to `end`, both inclusive. The stream opens lazily and frees its source when destroyed. If the object
   * no longer exists, the stream fails.
   */
  read(key: string, range: ByteRange, signal?: AbortSignal): Promise<Readable>;
  /**
   * `stat` and `read` in one request. If this method is absent, the caller uses `stat` and then `read`.
   *
   * @param range each number a safe integer, `end` not before `start`, `suffix` 1 or more; undefined: the whole file
   * @returns undefined when the object does not exist or has none of these bytes; `stat` tells which
   */
  open?(key: string, range: WantedRange | undefined, signal: AbortSignal): Promise<OpenMedia | undefined>;
  /**
   * A URL with which anybody can read the object for a limited time. If this method is absent, Tally sends the bytes itself.
   *
   * @returns a secret URL, which must not be logged
   */
  presign?(key: string): Promise<string>;
  /** Remove an object; succeeds if it does not exist. */
  remove(key: string): Promise<void>;
  /** The path for the egress request: our key, as the egress worker sees the same storage. */
  egressPath(key: string): string;
}
