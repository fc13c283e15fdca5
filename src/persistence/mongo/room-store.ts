import type { RoomStore } from '../../machines/room/ports.js';
import type { RoomStatus } from '../../machines/room/room.js';
import { createActorCollection } from './actor-collection.js';
import type { MongoConnection } from './connect.js';
import { reading } from './driver-errors.js';
import { ROOMS, ROOMS_BY_EXPIRY, ROOMS_BY_STATUS } from './indexes.js';
import { SCAN_LIMIT, newestFirst } from './newest-first.js';
import { roomMapper } from './stored-room.js';

export interface MongoRoomStoreOptions {
  connection: MongoConnection;
  /** Index keys read for one page of a name search at most. Default 100 000. */
  scanLimit?: number;
}

/** Rooms an iteration reads in one go. */
const BATCH = 100;
const SHOWN: RoomStatus[] = ['open', 'active_meeting', 'closed'];

export function createMongoRoomStore({ connection, scanLimit = SCAN_LIMIT }: MongoRoomStoreOptions): RoomStore {
  const collection = connection.kernel(ROOMS);
  const shown = connection.lists(ROOMS);

  return {
    ...createActorCollection({
      collection,
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
    async *expired(before) {
      let range: Record<string, unknown> = { autoDeletionDate: { $lt: before } };
      for (;;) {
        const filter = { ...range, status: { $in: SHOWN } };
        const batch = await reading(() => collection.find(filter).sort(ROOMS_BY_EXPIRY).limit(BATCH).toArray());
        yield* batch.map(roomMapper.toDocument);
        const last = batch.at(-1);
        if (last === undefined || batch.length < BATCH) return;
        const { autoDeletionDate, roomId } = last;
        range = {
          $or: [{ autoDeletionDate, roomId: { $gt: roomId } }, { autoDeletionDate: { $gt: autoDeletionDate, $lt: before } }],
        };
      }
    },
  };
}
