import type { MediaInfo } from '../../machines/recording/ports.js';
import { RangeNotSatisfiableError } from '../errors.js';
import type { RequestedRange } from '../schemas/media.js';

/** Bytes of a file, both ends inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Which bytes of a recording's file a request gets. Ranges are for `GET` alone, and for a client whose copy is of this file.
 *
 * @throws RangeNotSatisfiableError the file has none of these bytes
 */
export function requestedPart(
  headers: { range?: RequestedRange | undefined; 'if-range'?: string | undefined },
  file: MediaInfo,
  recordingId: string,
  method: string,
): ByteRange | 'whole' {
  if (method !== 'GET' || !meetsIfRange(headers['if-range'], file)) return 'whole';
  const range = selectRange(headers.range, file.size);
  if (range === 'unsatisfiable') throw new RangeNotSatisfiableError(recordingId, file.size);
  return range;
}

/**
 * @param sizeBytes 1 or more
 * @returns `whole` without a range, or with one that ends before it starts
 */
function selectRange(requested: RequestedRange | undefined, sizeBytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  if (requested === undefined) return 'whole';
  const last = sizeBytes - 1;
  if ('suffix' in requested) {
    return requested.suffix === 0 ? 'unsatisfiable' : { start: Math.max(0, sizeBytes - requested.suffix), end: last };
  }
  const { start, end = last } = requested;
  if (requested.end !== undefined && start > end) return 'whole';
  return start > last ? 'unsatisfiable' : { start, end: Math.min(end, last) };
}

/** Whether the client's copy is of this very file, so that a part of it may be sent. No `If-Range` always is. */
function meetsIfRange(ifRange: string | undefined, file: Pick<MediaInfo, 'etag' | 'modifiedAt'>): boolean {
  if (ifRange === undefined) return true;
  if (/^(W\/)?"/.test(ifRange)) return ifRange === file.etag;
  return ifRange === lastModified(file);
}

/** The file's time as HTTP writes it: to the second. */
export function lastModified({ modifiedAt }: Pick<MediaInfo, 'modifiedAt'>): string {
  return new Date(modifiedAt).toUTCString();
}
