import type { RoomDeletion } from '../machine/deletion.js';
import type { RoomConfig, RoomContext, RoomDocument, WithMeetingPolicy, WithRecordingsPolicy } from '../room.js';

export type { RoomDeletion };

export interface CreateRoomRequest {
  roomName: string;
  autoDeletionDate?: number;
  autoDeletionPolicy?: NonNullable<RoomContext['autoDeletionPolicy']>;
  config: RoomConfig;
}

export interface DeletionResult {
  deletion: RoomDeletion;
  /** The room as it is afterwards, where the answer shows it. */
  room?: RoomDocument;
}

/** Every method may throw StoreUnavailableError (retryable). */
export interface RoomCommands {
  create(request: CreateRoomRequest): Promise<RoomDocument>;
  /** @throws RoomNotFoundError */
  get(roomId: string): Promise<RoomDocument>;
  /**
   * Delete or close a room, now or when its meeting ends. Recordings that go with it at once are gone when this resolves, unless
   * the store keeps that from happening for 5 s: then they go later.
   *
   * @throws RoomNotFoundError, RoomDeletionRefusedError
   */
  delete(
    roomId: string,
    policy: { withMeeting: WithMeetingPolicy; withRecordings: WithRecordingsPolicy },
  ): Promise<DeletionResult>;
}
