import type { RoomStore } from '../../machines/room/ports.js';
import type { RoomContext } from '../../machines/room/room.js';
import { roomStatusOf } from '../../machines/room/room.js';
import { createActorTable } from './actor-table.js';
import type { Environment } from './environment.js';
import { SCAN_LIMIT, newestFirst } from './newest-first.js';

export interface LmdbRoomStoreOptions {
  environment: Environment;
  /** Rows read for one page of a name search at most. Default 100 000. */
  scanLimit?: number;
}

/** First part of a row's key, before creationDate and key. */
const LISTED = 'listed';

export function createLmdbRoomStore({ environment, scanLimit = SCAN_LIMIT }: LmdbRoomStoreOptions): RoomStore {
  const table = createActorTable<RoomContext>({
    environment,
    name: 'rooms',
    keyName: 'roomId',
    uniqueKeys: () => ({}),
    rowsOf: (key, room) =>
      roomStatusOf(room) === undefined ? [] : [{ key: [LISTED, room.creationDate, key], value: room.roomName.toLowerCase() }],
  });
  const { rows, documentsOf, holderOf: _unused, ...actorStore } = table;

  return {
    ...actorStore,
    list: ({ roomName }, limit, after) =>
      newestFirst({ environment, rows, prefix: [LISTED], roomName, documentsOf, limit, after, scanLimit }),
  };
}
