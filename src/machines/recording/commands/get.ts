import { type RecordableRoom, type RoomDirectory, RoomNotFoundError } from '../../ports/rooms.js';
import { RecordingDisabledError, RecordingNotFoundError, RecordingNotStoppedError } from '../errors.js';
import { formatRecordingId, parseRecordingId } from '../recording-id.js';
import type { RecordingStore } from '../recording-store.js';
import { isDeleted, type RecordingDocument, topStateOf } from '../recording.js';

export async function recordableRoom(rooms: RoomDirectory, roomId: string): Promise<RecordableRoom> {
  const room = await rooms.find(roomId);
  if (room === undefined) throw new RoomNotFoundError(roomId);
  if (!room.isRecordingEnabled) throw new RecordingDisabledError(roomId);
  return room;
}

export async function getRecording(store: Pick<RecordingStore, 'load'>, recordingId: string): Promise<RecordingDocument> {
  const uid = parseRecordingId(recordingId)?.uid;
  const recording = uid === undefined ? undefined : await store.load(uid);
  if (recording === undefined || !isNamedBy(recordingId, recording)) throw new RecordingNotFoundError(recordingId);
  return recording;
}

/** @throws RecordingNotStoppedError the recording is not complete; a failed or aborted one may still become complete */
export async function getPlayableRecording(store: Pick<RecordingStore, 'load'>, recordingId: string): Promise<RecordingDocument> {
  const recording = await getRecording(store, recordingId);
  if (topStateOf(recording) !== 'complete') throw new RecordingNotStoppedError(formatRecordingId(recording));
  return recording;
}

/** Whether the id is the recording's, now or before its egress was known. A deleted recording has no id. */
export function isNamedBy(recordingId: string, recording: RecordingDocument): boolean {
  const pendingId = formatRecordingId({ uid: recording.uid, roomId: recording.roomId });
  return !isDeleted(recording) && [formatRecordingId(recording), pendingId].includes(recordingId);
}
