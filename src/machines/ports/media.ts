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

/** Which bytes of a file are wanted: from `start` to `end` or the file's end, or the last `suffix` ones. */
export type WantedRange = { start: number; end?: number } | { suffix: number };

/** A file whose bytes are on their way. Whoever got it reads the stream or destroys it. */
export interface OpenMedia {
  file: MediaInfo;
  /** What the stream gives; absent when that is the whole file. */
  part?: ByteRange;
  stream: Readable;
}

/**
 * Recorded files. Keys have no leading slash.
 *
 * @throws MediaUnavailableError every method: could not be asked (retryable)
 */
export interface MediaStore {
  /** undefined: there certainly is no such object. */
  stat(key: string): Promise<MediaInfo | undefined>;
  /**
   * Bytes `start` to `end`, both inclusive. The stream opens lazily and frees its source when destroyed.
   * Reading a vanished object makes the stream fail.
   */
  read(key: string, range: ByteRange, signal?: AbortSignal): Promise<Readable>;
  /**
   * What `stat` and `read` tell, in one question. Without it the two are asked one after the other.
   *
   * @param range each number a safe integer, `end` not before `start`, `suffix` 1 or more; undefined: the whole file
   * @returns undefined when there is nothing to send: no such object, or none of these bytes; `stat` tells which
   */
  open?(key: string, range: WantedRange | undefined, signal: AbortSignal): Promise<OpenMedia | undefined>;
  /**
   * A URL that gives the object to anybody for a while. Without it the bytes go through us.
   *
   * @returns a secret: it is not to be logged
   */
  presign?(key: string): Promise<string>;
  /** Removing what is not there succeeds. */
  remove(key: string): Promise<void>;
  /** The path an egress is told to write: our key as the egress sees the same storage. */
  egressPath(key: string): string;
}
