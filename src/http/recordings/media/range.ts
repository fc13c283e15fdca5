import { z } from 'zod';

import type { ByteRange, MediaInfo, WantedRange } from '../../../machines/ports/media.js';
import { RangeNotSatisfiableError } from '../errors.js';

const ONE_RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/;

/** The headers that choose the bytes of a file. */
export const mediaHeaders = z.object({
  range: z
    .string()
    .regex(ONE_RANGE, 'Invalid range header format. Expected: bytes=start-end')
    .transform(toWantedRange)
    .optional(),
  'if-range': z.string().optional(),
});

export type RangeHeaders = z.output<typeof mediaHeaders>;

/**
 * The bytes of a recording's file that a request gets. A range counts only with `GET`, and only if `If-Range` fits this file.
 *
 * @returns undefined for the whole file
 * @throws RangeNotSatisfiableError the file has none of the requested bytes
 */
export function requestedPart(
  headers: RangeHeaders,
  file: MediaInfo,
  recordingId: string,
  method: string,
): ByteRange | undefined {
  if (method !== 'GET' || !meetsIfRange(headers['if-range'], file)) return undefined;
  const range = selectRange(headers.range, file.size);
  if (range === 'unsatisfiable') throw new RangeNotSatisfiableError(recordingId, file.size);
  return range;
}

/**
 * @param sizeBytes 1 or more
 * @returns undefined, for the whole file, when there is no range or it ends before it starts
 */
function selectRange(wanted: WantedRange | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  if (wanted === undefined || isBackwards(wanted)) return undefined;
  const last = sizeBytes - 1;
  if ('suffix' in wanted) {
    return wanted.suffix === 0 ? 'unsatisfiable' : { start: Math.max(0, sizeBytes - wanted.suffix), end: last };
  }
  const { start, end = last } = wanted;
  return start > last ? 'unsatisfiable' : { start, end: Math.min(end, last) };
}

/** Whether a store can be asked for this range: stores do not handle reversed, empty or huge ranges. */
export function isOrdinary(range: WantedRange | undefined): boolean {
  if (range === undefined) return true;
  if (isBackwards(range) || ('suffix' in range && range.suffix === 0)) return false;
  return Object.values(range).every((value) => Number.isSafeInteger(value));
}

function isBackwards(range: WantedRange): boolean {
  return 'start' in range && range.end !== undefined && range.start > range.end;
}

/** Whether `If-Match`, or else `If-Unmodified-Since`, allows an answer with this version of the file. @see RFC 9110, 13.2.2 */
export function meetsIfMatch(ifMatch: string, ifUnmodifiedSince: string, file: Pick<MediaInfo, 'etag' | 'modifiedAt'>): boolean {
  if (ifMatch !== '') return ifMatch.trim() === '*' || ifMatch.split(',').some((etag) => etag.trim() === file.etag);
  const since = Date.parse(ifUnmodifiedSince);
  return Number.isNaN(since) || Date.parse(lastModified(file)) <= since;
}

/** Whether `If-Range` is absent or names this version of the file, so that the client may receive a part of it. */
export function meetsIfRange(ifRange: string | undefined, file: Pick<MediaInfo, 'etag' | 'modifiedAt'>): boolean {
  if (ifRange === undefined) return true;
  if (/^(W\/)?"/.test(ifRange)) return ifRange === file.etag;
  return ifRange === lastModified(file);
}

/** The file's time in the format of HTTP, which has whole seconds. */
export function lastModified({ modifiedAt }: Pick<MediaInfo, 'modifiedAt'>): string {
  return new Date(modifiedAt).toUTCString();
}

function toWantedRange(header: string): WantedRange {
  const [, start, end, suffix] = ONE_RANGE.exec(header) ?? [];
  if (suffix !== undefined) return { suffix: Number(suffix) };
  return end === undefined || end === '' ? { start: Number(start) } : { start: Number(start), end: Number(end) };
}
