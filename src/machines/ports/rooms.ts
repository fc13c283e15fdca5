import { TallyError } from '../../errors.js';

export class RoomNotFoundError extends TallyError {
  constructor(roomId: string) {
    super('room.not_found', 'not_found', `Room '${roomId}' does not exist`, { details: { roomId } });
  }
}

/** As much of a room as its recordings need to know. */
export interface RecordableRoom {
  roomId: string;
  roomName: string;
  isRecordingEnabled: boolean;
}

/** What recordings may ask of rooms. */
export interface RoomDirectory {
  /**
   * @returns undefined when there is no such room, or when it is deleted
   * @throws StoreUnavailableError retryable
   */
  find(roomId: string): Promise<RecordableRoom | undefined>;
}
