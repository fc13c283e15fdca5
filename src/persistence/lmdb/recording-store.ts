import type { RecordingFilter, RecordingStore } from '../../machines/recording/recording-store.js';
import type { RecordingContext, RecordingDocument } from '../../machines/recording/recording.js';
import { isDeleted, isLive, isUnsettled, statusOf } from '../../machines/recording/recording.js';
import { type ActorTable, createActorTable } from './actor-table.js';
import { foldName } from '../folded-name.js';
import type { Environment, KeyPart } from './environment.js';
import { ABSENT } from './environment.js';
import { SCAN_LIMIT, newestFirst } from './newest-first.js';
import type { Row } from './rows.js';
import { batchesBelow, rowsBelow } from './rows.js';

/** The kinds of index rows; each is the first part of its rows' keys. */
const UNSETTLED = 'unsettled'; // row key: [UNSETTLED, uid]
const OF_ROOM = 'ofRoom'; // row key: [OF_ROOM, roomId, uid]
const LISTED = 'listed'; // row key: [LISTED, startDate, uid]
const LISTED_BY_ROOM = 'listedByRoom'; // row key: [LISTED_BY_ROOM, roomId, startDate, uid]
const LISTED_BY_STATUS = 'listedByStatus'; // row key: [LISTED_BY_STATUS, status, startDate, uid]
const LISTED_BY_BOTH = 'listedByRoomAndStatus'; // row key: [LISTED_BY_BOTH, roomId, status, startDate, uid]

export function createRecordingTable(environment: Environment): ActorTable<RecordingContext> {
  return createActorTable<RecordingContext>({
    environment,
    name: 'recordings',
    keyName: 'uid',
    uniqueKeys: ({ startKey, liveKey }) => ({ startKey, liveKey }),
    rowsOf,
  });
}

/** @param scanLimit maximum number of rows read for one page of a name search */
export function createLmdbRecordingStore(
  environment: Environment,
  table: ActorTable<RecordingContext>,
  scanLimit = SCAN_LIMIT,
): RecordingStore {
  const { store, rows, documentsOf, holderOf } = table;

  return {
    ...store,
    async findLive(roomId) {
      const holder = environment.read(() => holderOf('liveKey', roomId));
      return holder !== undefined && isLive(holder) ? holder : undefined;
    },
    async *unsettled() {
      for await (const batch of batchesBelow(environment, rows, [UNSETTLED])) yield* environment.read(() => documentsOf(batch));
    },
    async findByStartKey(startKey) {
      return environment.read(() => holderOf('startKey', startKey));
    },
    list: ({ roomName, ...rest }, limit, after) =>
      newestFirst({ environment, rows, prefix: prefixFor(rest), roomName, documentsOf, limit, after, scanLimit }),
    async hasRecordings(roomId) {
      return environment.read(() => rowsBelow(rows, [LISTED_BY_ROOM, roomId], { limit: 1 })).length > 0;
    },
    async *keysOfRoom(roomId) {
      for await (const batch of batchesBelow(environment, rows, [OF_ROOM, roomId])) yield* batch;
    },
  };
}

function prefixFor({ roomId, status }: RecordingFilter): KeyPart[] {
  if (roomId !== undefined && status !== undefined) return [LISTED_BY_BOTH, roomId, status];
  if (roomId !== undefined) return [LISTED_BY_ROOM, roomId];
  return status === undefined ? [LISTED] : [LISTED_BY_STATUS, status];
}

function rowsOf(key: string, document: RecordingDocument): Row[] {
  if (isDeleted(document)) return [];
  return [
    { key: [OF_ROOM, document.roomId, key], value: key },
    ...(isUnsettled(document) ? [{ key: [UNSETTLED, key], value: key }] : []),
    ...(document.egressId === undefined ? [] : listedRowsOf(key, document)),
  ];
}

function listedRowsOf(key: string, document: RecordingDocument): Row[] {
  const { roomId, startDate = ABSENT } = document;
  const status = statusOf(document);
  const value = foldName(document.roomName);
  return [
    { key: [LISTED, startDate, key], value },
    { key: [LISTED_BY_ROOM, roomId, startDate, key], value },
    { key: [LISTED_BY_STATUS, status, startDate, key], value },
    { key: [LISTED_BY_BOTH, roomId, status, startDate, key], value },
  ];
}
