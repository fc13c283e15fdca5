import { z } from 'zod';

import { idList, partsOf } from '../route/comma-list.js';

export const ROOM_ID_MAX = 100;

/** Strips characters that a room id cannot hold: ` room-1 ` and `.<!?room-1` address `room-1`. */
export const roomIdSchema = z
  .string()
  .min(1, 'roomId is required and cannot be empty')
  .max(ROOM_ID_MAX, `roomId cannot exceed ${ROOM_ID_MAX} characters`)
  .transform(sanitizeRoomId)
  .refine((roomId) => roomId !== '', 'roomId cannot be empty after sanitization');

/** `roomIds`: one comma-separated list, or a repeated parameter with one id per value. Repeats and bad ids are dropped. */
export const roomIdsSchema = z.preprocess(
  (value) => (typeof value === 'string' ? partsOf(value) : Array.isArray(value) ? value.filter(isText) : []),
  idList('roomIds', z.string())
    .transform((given) => [...new Set(given.map(sanitizeRoomId))].filter((roomId) => roomId !== ''))
    .refine((roomIds) => roomIds.length > 0, 'At least one valid roomId is required after sanitization'),
);

export const roomParams = z.object({ roomId: roomIdSchema });

export function sanitizeRoomId(text: string): string {
  return text.replace(/[^a-zA-Z0-9_-]/g, '');
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
