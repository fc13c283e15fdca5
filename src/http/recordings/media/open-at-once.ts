import type { MediaStore, OpenMedia } from '../../../machines/ports/media.js';
import type { HttpContext } from '../../route/context.js';
import { isOrdinary, meetsIfRange, type RangeHeaders } from './range.js';

/**
 * Open the requested bytes with a single request to the store, where `stat` and `read` would need two.
 *
 * @returns undefined when the store cannot do this, when the request has conditions or an unusual range, or when the file is missing
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
