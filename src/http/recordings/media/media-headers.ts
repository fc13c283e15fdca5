import { z } from 'zod';

import type { WantedRange } from '../../../machines/ports/media.js';

const ONE_RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/;

export const mediaHeaders = z.object({
  range: z
    .string()
    .regex(ONE_RANGE, 'Invalid range header format. Expected: bytes=start-end')
    .transform(toWantedRange)
    .optional(),
  'if-range': z.string().optional(),
});

function toWantedRange(header: string): WantedRange {
  const [, start, end, suffix] = ONE_RANGE.exec(header) ?? [];
  if (suffix !== undefined) return { suffix: Number(suffix) };
  return end === undefined || end === '' ? { start: Number(start) } : { start: Number(start), end: Number(end) };
}
