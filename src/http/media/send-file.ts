import type { Readable } from 'node:stream';

import type { MediaInfo, MediaStore } from '../../machines/recording/ports.js';
import type { HttpContext } from '../context.js';
import { lastModified, type ByteRange } from './range.js';

export interface FileAnswer {
  key: string;
  file: MediaInfo;
  range: ByteRange | 'whole';
}

/** Answer with a file or a part of it; `HEAD` and a client whose copy is current get no bytes. */
export async function sendFile(
  ctx: HttpContext,
  media: Pick<MediaStore, 'read'>,
  { key, file, range }: FileAnswer,
): Promise<void> {
  const bytes = range === 'whole' ? { start: 0, end: file.size - 1 } : range;
  ctx.status = range === 'whole' ? 200 : 206;
  ctx.set({
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=3600',
    ETag: file.etag,
    'Last-Modified': lastModified(file),
  });
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  if (ctx.method !== 'HEAD') ctx.body = await openStream(ctx, media, key, bytes);
  ctx.type = 'video/mp4';
  ctx.length = bytes.end - bytes.start + 1;
  if (range !== 'whole') ctx.set('Content-Range', `bytes ${bytes.start}-${bytes.end}/${file.size}`);
}

/**
 * A stream whose first bytes are there: what fails until then can still be answered with an error. It is freed when the
 * client goes away, also while it opens.
 */
async function openStream(ctx: HttpContext, media: Pick<MediaStore, 'read'>, key: string, bytes: ByteRange): Promise<Readable> {
  const gone = new AbortController();
  ctx.res.once('close', () => {
    gone.abort();
  });
  const stream = await media.read(key, bytes, gone.signal);
  gone.signal.addEventListener('abort', () => stream.destroy(), { once: true });
  if (ctx.res.closed) stream.destroy();
  stream.on('error', (error) => {
    if (!gone.signal.aborted) ctx.state.error = error;
  });
  await firstBytes(stream);
  return stream;
}

function firstBytes(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (failure?: Error): void => {
      stream.off('readable', settle).off('end', settle).off('close', settle).off('error', settle);
      const error = failure ?? stream.errored;
      if (error === null) resolve();
      else reject(error);
    };
    stream.once('readable', settle).once('end', settle).once('close', settle).once('error', settle);
  });
}
