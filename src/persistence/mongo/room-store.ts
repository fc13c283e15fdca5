import type { Clock } from '../../clock.js';
import type { PageCursor } from '../../machines/ports/pages.js';
import type { RoomStore } from '../../machines/room/room-store.js';
import type { RoomStatus } from '../../machines/room/room.js';
import { everyPage } from '../../concurrency.js';
import { createActorCollection } from './actor-collection.js';
import type { MongoConnection } from './connect.js';
import { reading } from './driver-errors.js';
import { ROOMS, ROOMS_BY_EXPIRY, ROOMS_BY_STATUS } from './indexes.js';
import { IS_TAKEN_IN } from './mapper.js';
import { SCAN_LIMIT, newestFirst } from './newest-first.js';
import { roomMapper } from './stored-room.js';

const SHOWN: RoomStatus[] = ['open', 'active_meeting', 'closed'];
const IN_MEETING: RoomStatus = 'active_meeting';
/** Number of rooms that an iteration reads in one query. */
const BATCH = 100;

export function createMongoRoomStore(connection: MongoConnection, clock: Pick<Clock, 'after'>): RoomStore {
  const collection = connection.kernel(ROOMS);
  const query = { index: ROOMS_BY_STATUS, sortField: 'creationDate', toDocument: roomMapper.toDocument, scanLimit: SCAN_LIMIT };
  const shown = { ...query, collection: connection.lists(ROOMS), filter: { status: { $in: SHOWN } } };
  const inMeeting = { ...query, collection, filter: { status: IN_MEETING }, roomName: undefined, limit: BATCH };

  return {
    ...createActorCollection({
      connection,
      clock,
      name: ROOMS,
      keyName: 'roomId',
      uniqueKeys: () => ({}),
      mapper: roomMapper,
    }),
    list: ({ roomName }, limit, after) => newestFirst({ ...shown, roomName, limit, after }),
    inMeeting: () => everyPage((after: PageCursor | undefined) => newestFirst({ ...inMeeting, after })),
    async *expired(before) {
      let range: Record<string, unknown> = { autoDeletionDate: { $lt: before } };
      for (;;) {
        const filter = { ...range, ...IS_TAKEN_IN, status: { $in: SHOWN } };
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
