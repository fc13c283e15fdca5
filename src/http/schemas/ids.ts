import { z } from 'zod';

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

export const recordingParams = z.object({ recordingId: recordingIdSchema });

/** The room part of a well-formed recording id. */
export function roomIdOf(recordingId: string): string {
  return recordingId.split('--')[0] ?? '';
}

/** The egress part of a well-formed recording id. */
export function egressIdOf(recordingId: string): string {
  return recordingId.split('--')[1] ?? '';
}

function sanitizeRoomId(text: string): string {
  return text.replace(/[^a-zA-Z0-9_-]/g, '');
}

function sanitizeRecordingId(text: string): string {
  const trimmed = text.trim();
  const [room = '', egress, uid, ...rest] = trimmed.split('--');
  if (egress === undefined || uid === undefined || rest.length > 0) return trimmed;
  if (room.length > ROOM_ID_MAX || sanitizeRoomId(room) === '') return trimmed;
  return [sanitizeRoomId(room), egress, uid].join('--');
}

function isRecordingId(text: string): boolean {
  const [room, egress = '', uid, ...rest] = text.split('--');
  return rest.length === 0 && Boolean(room) && /^EG_./s.test(egress) && Boolean(uid);
}
