import type { Clock } from '../../../clock.js';
import type { Log } from '../../../logging.js';
import type { Supervisor } from '../../kernel/supervisor.js';
import type { Recorder } from '../../ports/recorder.js';
import type { RoomEvent } from '../events.js';
import type { RoomStore } from '../room-store.js';
import type { RoomContext, RoomDocument } from '../room.js';
import { createRoom, type CreateRoomRequest } from './create.js';
import { deleteRoom, type DeletionPolicy, type DeletionResult } from './delete.js';
import { getRoom } from './get.js';

export type { RoomDeletion } from '../machine/deletion.js';
export type { CreateRoomRequest, DeletionResult };

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
  delete(roomId: string, policy: DeletionPolicy): Promise<DeletionResult>;
}

export interface RoomCommandOptions {
  supervisor: Supervisor<RoomContext, RoomEvent>;
  store: RoomStore;
  recorder: Pick<Recorder, 'hasRecordings'>;
  clock: Clock;
  log: Log;
}

export function createRoomCommands(options: RoomCommandOptions): RoomCommands {
  return {
    create: (request) => createRoom(options, request),
    get: (roomId) => getRoom(options.store, roomId),
    delete: (roomId, policy) => deleteRoom(options, roomId, policy),
  };
}
