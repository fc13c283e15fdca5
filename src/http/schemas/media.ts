import { z } from 'zod';

/** What a `Range` header asks for; from a file's end when it has only a `suffix`. */
export type RequestedRange = { start: number; end?: number } | { suffix: number };

const ONE_RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/;

export const mediaHeaders = z.object({
  range: z
    .string()
    .regex(ONE_RANGE, 'Invalid range header format. Expected: bytes=start-end')
    .transform(toRequestedRange)
    .optional(),
  'if-range': z.string().optional(),
});

function toRequestedRange(header: string): RequestedRange {
  const [, start, end, suffix] = ONE_RANGE.exec(header) ?? [];
  if (suffix !== undefined) return { suffix: Number(suffix) };
  return end === undefined || end === '' ? { start: Number(start) } : { start: Number(start), end: Number(end) };
}
