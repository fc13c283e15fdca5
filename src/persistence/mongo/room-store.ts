import type { RoomStore } from '../../machines/room/ports.js';
import type { RoomStatus } from '../../machines/room/room.js';
import { createActorCollection } from './actor-collection.js';
import type { MongoConnection } from './connect.js';
import { ROOMS, ROOMS_BY_STATUS } from './indexes.js';
import { SCAN_LIMIT, newestFirst } from './newest-first.js';
import { roomMapper } from './stored-room.js';

export interface MongoRoomStoreOptions {
  connection: MongoConnection;
  /** Index keys read for one page of a name search at most. Default 100 000. */
  scanLimit?: number;
}

const SHOWN: RoomStatus[] = ['open', 'active_meeting', 'closed'];

export function createMongoRoomStore({ connection, scanLimit = SCAN_LIMIT }: MongoRoomStoreOptions): RoomStore {
  const shown = connection.lists(ROOMS);

  return {
    ...createActorCollection({
      collection: connection.kernel(ROOMS),
      keyName: 'roomId',
      uniqueKeys: () => ({}),
      mapper: roomMapper,
    }),
    list: ({ roomName }, limit, after) =>
      newestFirst({
        collection: shown,
        filter: { status: { $in: SHOWN } },
        index: ROOMS_BY_STATUS,
        sortField: 'creationDate',
        toDocument: roomMapper.toDocument,
        roomName,
        limit,
        after,
        scanLimit,
      }),
  };
}
