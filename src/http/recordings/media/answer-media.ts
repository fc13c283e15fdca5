import { reasonsOf, TallyError } from '../../../errors.js';
import type { ByteRange, MediaInfo, OpenMedia } from '../../../machines/ports/media.js';
import { formatRecordingId } from '../../../machines/recording/recording-id.js';
import type { RecordingDocument } from '../../../machines/recording/recording.js';
import type { HttpContext } from '../../route/context.js';
import type { RecordingsDeps } from '../deps.js';
import { FileMissingError } from '../errors.js';
import { isOrdinary, meetsIfRange, requestedPart, type RangeHeaders } from './range.js';
import { sendFile } from './send-file.js';

const CONDITIONS = ['If-Match', 'If-None-Match', 'If-Unmodified-Since', 'If-Modified-Since'];

type Media = RecordingsDeps['media'];

/**
 * Answer with a recording's file: with the requested bytes, or with a redirect to a signed URL of the store.
 *
 * @throws FileMissingError the file is missing or empty
 * @throws FileHasChangedError `If-Match` or `If-Unmodified-Since` names another version of the file
 * @throws RangeNotSatisfiableError the file has none of the requested bytes
 */
export async function answerMedia(
  ctx: HttpContext,
  { media, files }: Pick<RecordingsDeps, 'media' | 'files'>,
  recording: RecordingDocument,
  headers: RangeHeaders,
): Promise<{ status: 200 | 206 | 302 | 304 }> {
  const { mediaKey: key, uid } = recording;
  const recordingId = formatRecordingId(recording);
  const gone = goneSignal(ctx);
  const missing = (): FileMissingError => {
    files.missing(recording);
    return new FileMissingError(recordingId);
  };
  const present = (file: MediaInfo | undefined): MediaInfo => {
    if (file === undefined || file.size === 0) throw missing();
    files.settled(uid);
    return file;
  };
  const noting = <Answer>(asked: Promise<Answer>): Promise<Answer> =>
    asked.catch((error: unknown) => {
      if (error instanceof TallyError && error.refused) files.unreadable(recording, reasonsOf(error));
      throw error;
    });
  const partOf = (file: MediaInfo) => requestedPart(headers, file, recordingId, ctx.method);

  if (ctx.method === 'GET' && media.presign !== undefined) {
    partOf(present(await noting(media.stat(key)))); // the store would answer a bad range with an error of its own
    redirectTo(ctx, await media.presign(key));
    return { status: 302 };
  }
  const opened = await noting(openAtOnce(ctx, media, key, headers, gone));
  if (opened !== undefined) {
    const { file, part, stream } = opened;
    return { status: await sendFile(ctx, { file: present(file), recording, part: () => part, bytes: async () => stream }, gone) };
  }
  const held = await noting(media.hold(key));
  if (held === undefined) throw missing();
  try {
    const file = present(held.info);
    const bytes = (range: ByteRange) => held.read(range, gone);
    return { status: await sendFile(ctx, { file, recording, part: () => partOf(file), bytes }, gone) };
  } finally {
    await held.close();
  }
}

/**
 * Open the requested bytes with a single request to the store, where `hold` and its `read` would need two.
 *
 * @returns undefined when the store cannot do this, when the request has conditions or an unusual range, or when the file is missing
 */
async function openAtOnce(
  ctx: HttpContext,
  media: Media,
  key: string,
  headers: RangeHeaders,
  gone: AbortSignal,
): Promise<OpenMedia | undefined> {
  const isConditional = CONDITIONS.some((name) => ctx.get(name) !== '');
  if (ctx.method !== 'GET' || isConditional || !isOrdinary(headers.range)) return undefined;
  const opened = await media.open?.(key, headers.range, gone);
  if (opened === undefined || meetsIfRange(headers['if-range'], opened.file)) return opened;
  opened.stream.destroy();
  return undefined;
}

/** `ctx.redirect` would also write the URL into a body. */
function redirectTo(ctx: HttpContext, url: string): void {
  ctx.body = null;
  ctx.status = 302;
  ctx.set({ Location: url, 'Cache-Control': 'no-store' });
}

/** Aborts when the client goes away before it has the whole answer. */
function goneSignal({ res }: HttpContext): AbortSignal {
  const gone = new AbortController();
  const check = (): void => {
    if (!res.writableFinished) gone.abort();
  };
  if (res.closed) check();
  else res.once('close', check);
  return gone.signal;
}
