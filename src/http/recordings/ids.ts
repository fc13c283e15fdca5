import { z } from 'zod';

import { formatRecordingId, parseRecordingId, SEPARATOR } from '../../machines/recording/recording-id.js';
import { ROOM_ID_MAX, sanitizeRoomId } from '../rooms/ids.js';
import { idList, partsOf } from '../route/comma-list.js';

/** `{roomId}--{egressId}--{uid}`. Its `roomId` is sanitised like any room id. */
export const recordingIdSchema = z
  .string()
  .min(1, 'recordingId is required and cannot be empty')
  .transform(sanitizeRecordingId)
  .refine((recordingId) => recordingId !== '', { error: 'recordingId cannot be empty after sanitization', abort: true })
  .refine(isRecordingId, 'recordingId does not follow the expected format');

/** `recordingIds`: a comma-separated list. Order and repeats are kept. One bad id makes the whole list invalid. */
const recordingIdsSchema = z.preprocess(
  (value) => (typeof value === 'string' ? partsOf(value) : []),
  idList('recordingIds', recordingIdSchema).refine((ids) => ids.length > 0, 'recordingIds must contain at least one item'),
);

export const recordingParams = z.object({ recordingId: recordingIdSchema });
export const deleteRecordingsQuery = z.object({ recordingIds: recordingIdsSchema });

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
