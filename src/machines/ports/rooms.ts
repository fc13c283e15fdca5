import { TallyError } from '../../errors.js';

export class RoomNotFoundError extends TallyError {
  constructor(roomId: string) {
    super('room.not_found', 'not_found', `Room '${roomId}' does not exist`, { details: { roomId } });
  }
}

/** The part of a room that its recordings need. */
export interface RecordableRoom {
  roomId: string;
  roomName: string;
  isRecordingEnabled: boolean;
}

/** Finds rooms for recordings. */
export interface RoomDirectory {
  /**
   * @returns undefined when the room does not exist or is deleted
   * @throws StoreUnavailableError retryable
   */
  find(roomId: string): Promise<RecordableRoom | undefined>;
}
