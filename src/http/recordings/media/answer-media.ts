import { RecordingNotFoundError } from '../../../machines/recording/errors.js';
import type { MediaInfo, MediaStore } from '../../../machines/ports/media.js';
import { formatRecordingId } from '../../../machines/recording/recording-id.js';
import type { RecordingDocument } from '../../../machines/recording/recording.js';
import type { HttpContext } from '../../route/context.js';
import { goneSignal } from './gone-signal.js';
import { openAtOnce } from './open-at-once.js';
import { requestedPart, type RangeHeaders } from './range.js';
import { sendFile } from './send-file.js';

type Media = Pick<MediaStore, 'stat' | 'read' | 'open' | 'presign'>;

/**
 * Answer with what a request wants of a recording's file: its bytes, or where the store gives them to whoever knows the URL.
 *
 * @throws RecordingNotFoundError there is no file, or an empty one
 * @throws RangeNotSatisfiableError the file has none of these bytes
 */
export async function answerMedia(
  ctx: HttpContext,
  media: Media,
  recording: RecordingDocument,
  headers: RangeHeaders,
): Promise<{ status: 200 | 206 | 302 | 304 }> {
  const { mediaKey: key } = recording;
  const gone = goneSignal(ctx);
  const presign = ctx.method === 'GET' ? media.presign : undefined;
  const opened = presign === undefined ? await openAtOnce(ctx, media, key, headers, gone) : undefined;
  if (opened !== undefined) {
    return {
      status: await sendFile(ctx, { file: opened.file, part: () => opened.part, bytes: async () => opened.stream }, gone),
    };
  }
  const file = assertFile(await media.stat(key), recording);
  const part = () => requestedPart(headers, file, formatRecordingId(recording), ctx.method);
  if (presign !== undefined) {
    part(); // the store would not tell in our words that there is no such range
    redirectTo(ctx, await presign(key));
    return { status: 302 };
  }
  return { status: await sendFile(ctx, { file, part, bytes: (range) => media.read(key, range, gone) }, gone) };
}

/** Not by `ctx.redirect`: it would repeat the URL in a body. */
function redirectTo(ctx: HttpContext, url: string): void {
  ctx.body = null;
  ctx.status = 302;
  ctx.set({ Location: url, 'Cache-Control': 'no-store' });
}

/** @returns the file, which has bytes */
function assertFile(file: MediaInfo | undefined, recording: RecordingDocument): MediaInfo {
  if (file === undefined || file.size === 0) throw new RecordingNotFoundError(formatRecordingId(recording));
  return file;
}
