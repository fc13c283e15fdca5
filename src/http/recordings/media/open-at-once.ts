import type { MediaStore, OpenMedia } from '../../../machines/ports/media.js';
import type { HttpContext } from '../../route/context.js';
import { isOrdinary, meetsIfRange, type RangeHeaders } from './range.js';

/**
 * What is asked for, in one question to the store: half the way of a look and a read.
 *
 * @returns undefined when that cannot be: the store or the request is not made for it, or there is nothing to send
 */
export async function openAtOnce(
  ctx: HttpContext,
  media: Pick<MediaStore, 'open'>,
  key: string,
  headers: RangeHeaders,
  gone: AbortSignal,
): Promise<OpenMedia | undefined> {
  const isConditional = ctx.get('If-None-Match') !== '' || ctx.get('If-Modified-Since') !== '';
  if (ctx.method !== 'GET' || isConditional || !isOrdinary(headers.range)) return undefined;
  const opened = await media.open?.(key, headers.range, gone);
  if (opened === undefined || meetsIfRange(headers['if-range'], opened.file)) return opened;
  opened.stream.destroy();
  return undefined;
}
