import type { PageCursor } from '../../machines/ports/pages.js';
import type { RoomStore } from '../../machines/room/room-store.js';
import type { RoomContext, RoomDocument } from '../../machines/room/room.js';
import { roomStatusOf } from '../../machines/room/room.js';
import { everyPage } from '../../concurrency.js';
import { type ActorTable, createActorTable } from './actor-table.js';
import { foldName } from '../folded-name.js';
import type { Environment } from './environment.js';
import { SCAN_LIMIT, newestFirst } from './newest-first.js';
import { BATCH, batchesBelow, type Row } from './rows.js';

/** The kinds of index rows; each is the first part of its rows' keys. */
const LISTED = 'listed'; // row key: [LISTED, creationDate, roomId]
const IN_MEETING = 'inMeeting'; // row key: [IN_MEETING, creationDate, roomId]
const EXPIRING = 'expiring'; // row key: [EXPIRING, autoDeletionDate, roomId]

export function createRoomTable(environment: Environment): ActorTable<RoomContext> {
  return createActorTable<RoomContext>({
    environment,
    name: 'rooms',
    keyName: 'roomId',
    uniqueKeys: () => ({}),
    rowsOf,
  });
}

export function createLmdbRoomStore(environment: Environment, table: ActorTable<RoomContext>): RoomStore {
  const { store, rows, documentsOf } = table;

  const below = (prefix: string, limit: number, after?: PageCursor, roomName?: string) =>
    newestFirst({ environment, rows, prefix: [prefix], roomName, documentsOf, limit, after, scanLimit: SCAN_LIMIT });

  return {
    ...store,
    list: ({ roomName }, limit, after) => below(LISTED, limit, after, roomName),
    async *expired(before) {
      for await (const keys of batchesBelow(environment, rows, [EXPIRING], [EXPIRING, before])) {
        const found = environment.read(() => documentsOf(keys));
        yield* found.filter(({ autoDeletionDate = before }) => autoDeletionDate < before);
      }
    },
    inMeeting: () => everyPage((after: PageCursor | undefined) => below(IN_MEETING, BATCH, after)),
  };
}

function rowsOf(key: string, room: RoomDocument): Row[] {
  const status = roomStatusOf(room);
  if (status === undefined) return [];
  const { creationDate, roomName, autoDeletionDate } = room;
  const value = foldName(roomName);
  return [
    { key: [LISTED, creationDate, key], value },
    ...(status === 'active_meeting' ? [{ key: [IN_MEETING, creationDate, key], value }] : []),
    ...(autoDeletionDate === undefined ? [] : [{ key: [EXPIRING, autoDeletionDate, key], value: key }]),
  ];
}
