import { once } from 'node:events';
import type { Readable } from 'node:stream';

import type { ByteRange, MediaInfo } from '../../../machines/ports/media.js';
import { formatRecordingId } from '../../../machines/recording/recording-id.js';
import type { RecordingDocument } from '../../../machines/recording/recording.js';
import type { HttpContext } from '../../route/context.js';
import { FileHasChangedError } from '../errors.js';
import { lastModified, meetsIfMatch } from './range.js';

/** Characters that file names cannot have on every system. */
const UNSAFE_IN_NAMES = /[\u0000-\u001f\u007f/\\:*?"<>|]/g;

export interface FileAnswer {
  file: MediaInfo;
  recording: RecordingDocument;
  /** Called unless the client's copy is current. @returns undefined for the whole file */
  part: () => ByteRange | undefined;
  bytes: (range: ByteRange) => Promise<Readable>;
}

/**
 * Answer with a file or a part of it. A `HEAD`, and a client whose copy is current, get no bytes.
 *
 * @param gone aborts when the client goes away
 * @throws FileHasChangedError
 * @see RFC 9110, 13.2.2: the preconditions come before the range
 */
export async function sendFile(
  ctx: HttpContext,
  { file, recording, part, bytes }: FileAnswer,
  gone: AbortSignal,
): Promise<200 | 206 | 304> {
  if (!meetsIfMatch(ctx.get('If-Match'), ctx.get('If-Unmodified-Since'), file)) {
    throw new FileHasChangedError(formatRecordingId(recording));
  }
  ctx.status = 200;
  ctx.set({
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=3600',
    ETag: file.etag,
    'Last-Modified': lastModified(file),
  });
  if (ctx.fresh) {
    ctx.status = 304;
    return 304;
  }
  const wanted = part();
  const { start, end } = wanted ?? { start: 0, end: file.size - 1 };
  const status = wanted === undefined ? 200 : 206;
  ctx.status = status;
  if (ctx.method !== 'HEAD') ctx.body = await openStream(ctx, () => bytes({ start, end }), gone);
  ctx.attachment(readableName(recording), { type: 'inline' });
  ctx.type = 'video/mp4';
  ctx.length = end - start + 1;
  if (wanted !== undefined) ctx.set('Content-Range', `bytes ${start}-${end}/${file.size}`);
  return status;
}

/**
 * The name under which a browser saves the file: `Daily 2026-11-30 09-15.mp4`, in UTC. Documents of other programs may lack the room's
 * name, or have a start that is no date.
 */
function readableName({ roomName, roomId, startDate }: Partial<RecordingDocument>): string {
  const start = new Date(startDate ?? NaN);
  const minute = Number.isNaN(start.getTime()) ? '' : ` ${start.toISOString().slice(0, 16).replace('T', ' ').replace(':', '-')}`;
  return `${`${roomName ?? roomId ?? ''}${minute}`.replace(UNSAFE_IN_NAMES, '_')}.mp4`;
}

/**
 * Open a stream and wait for its first bytes, because until then a failure can still be answered with an error. The stream is
 * destroyed when the client goes away, also while it opens.
 */
async function openStream(ctx: HttpContext, bytes: () => Promise<Readable>, gone: AbortSignal): Promise<Readable> {
  const stream = await bytes();
  gone.addEventListener('abort', () => stream.destroy(), { once: true });
  if (gone.aborted) stream.destroy();
  stream.on('error', (error) => {
    if (!gone.aborted) ctx.state.error = error;
  });
  await once(stream, 'readable', { signal: gone });
  return stream;
}
