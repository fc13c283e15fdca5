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

/** One version of a file: `info` describes exactly the bytes that `read` returns. */
export interface HeldMedia {
  info: MediaInfo;
  /**
   * Call it once. The stream frees the file when it ends or is destroyed, and fails when the file has been replaced or ends before
   * the range does.
   */
  read(range: ByteRange, signal?: AbortSignal): Promise<Readable>;
  /** Free the file, unless it is being read. */
  close(): Promise<void>;
}

/**
 * Recorded files. Keys have no leading slash.
 *
 * @throws MediaUnavailableError from every method: the media store could not be reached (retryable)
 */
export interface MediaStore {
  /** @returns undefined when there is certainly no such object */
  stat(key: string): Promise<MediaInfo | undefined>;
  /** Open a file once, to describe and to read the same version. @returns undefined when there is certainly no such object */
  hold(key: string): Promise<HeldMedia | undefined>;
  /**
   * Read the bytes `start` to `end`, both inclusive. The stream opens lazily and frees its source when destroyed. If the object
   * no longer exists, the stream fails.
   */
  read(key: string, range: ByteRange, signal?: AbortSignal): Promise<Readable>;
  /**
   * `hold` and its `read` in one request. If this method is absent, the caller uses `hold`.
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
  /** The path at which this process looks for an object, for people to read. */
  pathOf(key: string): string;
  /** The path for the egress request: our key, as the egress worker sees the same storage. */
  egressPath(key: string): string;
}

/** Takes note of files that are not there or cannot be read, for the log and for `/readyz`. */
export interface FileReports {
  /** A client asked for the file of a complete recording. */
  missing(recording: { uid: string; roomId: string }): void;
  /** LiveKit reported a complete file a minute ago. @param paths of the file for Tally and for the egress */
  undelivered(recording: { uid: string; roomId: string }, paths: { tally: string; egress: string }): void;
  /** The store refused to read the file for a client. @param reason in the words of the store */
  unreadable(recording: { uid: string; roomId: string }, reason: string): void;
  /** The file is there and can be read, or its recording was deleted. */
  settled(uid: string): void;
}
