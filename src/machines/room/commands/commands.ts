import { createRoom, type CreateRoomRequest } from './create.js';
import { deleteRoom, type DeletionPolicy, type DeletionResult } from './delete.js';
import { getRoom } from './get.js';
import type { RoomCommandOptions } from './options.js';

export type { RoomDeletion } from '../machine/deletion.js';
export type { CreateRoomRequest, DeletionResult };

export type RoomCommands = ReturnType<typeof createRoomCommands>;

/** Commands of clients on rooms. Every method may throw StoreUnavailableError (retryable). */
export function createRoomCommands(options: RoomCommandOptions) {
  return {
    create: (request: CreateRoomRequest) => createRoom(options, request),
    /** @throws RoomNotFoundError */
    get: (roomId: string) => getRoom(options.store, roomId),
    /**
     * Delete or close a room, now or when its meeting ends. If its recordings are deleted at once too, this waits for them, but
     * at most 5 s: the remaining ones are deleted later.
     *
     * @throws RoomNotFoundError, RoomDeletionRefusedError
     */
    delete: (roomId: string, policy: DeletionPolicy) => deleteRoom(options, roomId, policy),
  };
}
