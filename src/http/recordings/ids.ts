import { z } from 'zod';

import { formatRecordingId, parseRecordingId, SEPARATOR } from '../../machines/recording/recording-id.js';
import { partsOf } from '../route/comma-list.js';

const ROOM_ID_MAX = 100;

/** Strips what a room id cannot hold: ` room-1 ` and `.<!?room-1` address `room-1`. */
export const roomIdSchema = z
  .string()
  .min(1, 'roomId is required and cannot be empty')
  .max(ROOM_ID_MAX, `roomId cannot exceed ${ROOM_ID_MAX} characters`)
  .transform(sanitizeRoomId)
  .refine((roomId) => roomId !== '', 'roomId cannot be empty after sanitization');

/** `{roomId}--{egressId}--{uid}`, its room part sanitised as a room id is. */
export const recordingIdSchema = z
  .string()
  .min(1, 'recordingId is required and cannot be empty')
  .transform(sanitizeRecordingId)
  .refine((recordingId) => recordingId !== '', { error: 'recordingId cannot be empty after sanitization', abort: true })
  .refine(isRecordingId, 'recordingId does not follow the expected format');

/** `recordingIds`: one comma-separated text, in the order given, repeats included. One bad id refuses them all. */
const recordingIdsSchema = z.preprocess(
  (value) => (typeof value === 'string' ? partsOf(value) : []),
  z.array(recordingIdSchema).min(1, 'recordingIds must contain at least one item'),
);

/** `roomIds`: one comma-separated text, or the parameter repeated, each value an id. Every room once; what is no id is dropped. */
export const roomIdsSchema = z.preprocess(
  (value) => {
    const given = typeof value === 'string' ? partsOf(value) : Array.isArray(value) ? value.filter(isText) : [];
    return [...new Set(given.map(sanitizeRoomId))].filter((roomId) => roomId !== '');
  },
  z.array(z.string()).min(1, 'At least one valid roomId is required after sanitization'),
);

export const recordingParams = z.object({ recordingId: recordingIdSchema });
export const deleteRecordingsQuery = z.object({ recordingIds: recordingIdsSchema });

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function sanitizeRoomId(text: string): string {
  return text.replace(/[^a-zA-Z0-9_-]/g, '');
}

function sanitizeRecordingId(text: string): string {
  const trimmed = text.trim();
  const parts = parseRecordingId(trimmed);
  if (parts === undefined || parts.roomId.length > ROOM_ID_MAX) return trimmed;
  const roomId = sanitizeRoomId(parts.roomId);
  return roomId === '' ? trimmed : formatRecordingId({ ...parts, roomId });
}

function isRecordingId(text: string): boolean {
  const { roomId = SEPARATOR, egressId = '' } = parseRecordingId(text) ?? {};
  return !roomId.includes(SEPARATOR) && /^EG_./s.test(egressId);
}
