import type { GetObjectOutput, HeadObjectOutput } from '@aws-sdk/client-s3';

import type { ByteRange, MediaInfo, WantedRange } from '../../machines/ports/media.js';

/** @throws Error the answer lacks a header that every S3 server sends */
export function describeObject({ ContentLength: size, LastModified, ETag: etag }: HeadObjectOutput): MediaInfo {
  if (size === undefined || LastModified === undefined || etag === undefined) throw new Error('The answer is incomplete');
  return { size, modifiedAt: LastModified.getTime(), etag };
}

/** The object's properties, and which part of it is in the body of a `GET` answer. @throws Error a header is missing */
export function describePart(answer: Omit<GetObjectOutput, 'Body'>): { file: MediaInfo; part?: ByteRange } {
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.ContentRange ?? '') ?? [];
  if (size === undefined) return { file: describeObject(answer) };
  const file = describeObject({ ...answer, ContentLength: Number(size) });
  return { file, part: { start: Number(start), end: Number(end) } };
}

export function rangeHeader(range: WantedRange): string {
  return 'suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.start}-${range.end ?? ''}`;
}
