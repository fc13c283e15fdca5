import type { Clock } from '../../clock.js';
import type { RecordingStore } from '../../machines/recording/recording-store.js';
import { type ListedRecording, LISTED_FIELDS, RECORDING_STATUSES, isLive } from '../../machines/recording/recording.js';
import { createActorCollection } from './actor-collection.js';
import type { MongoConnection, Stored } from './connect.js';
import { reading } from './driver-errors.js';
import { RECORDINGS, RECORDINGS_BY_ROOM, RECORDINGS_BY_STATUS } from './indexes.js';
import { SCAN_LIMIT, newestFirst } from './newest-first.js';
import { recordingMapper } from './stored-recording.js';

/** Number of documents that an iteration reads in one query. */
const BATCH = 100;
const LISTED = { ...Object.fromEntries(LISTED_FIELDS.map((field) => [field, 1 as const])), 'tally.state': 1 as const };
const ANY_STATUS = { $in: [...RECORDING_STATUSES] };

/** @param scanLimit maximum number of index keys read for one page of a name search */
export function createMongoRecordingStore(
  connection: MongoConnection,
  clock: Pick<Clock, 'after'>,
  scanLimit = SCAN_LIMIT,
): RecordingStore {
  const collection = connection.kernel(RECORDINGS);
  const shown = connection.lists(RECORDINGS);
  const { toDocument } = recordingMapper;

  return {
    ...createActorCollection({
      connection,
      clock,
      name: RECORDINGS,
      keyName: 'uid',
      uniqueKeys: ({ startKey, liveKey }) => ({ startKey, liveKey }),
      mapper: recordingMapper,
    }),
    async findLive(roomId) {
      const recording = await findBy('liveKey', roomId);
      return recording !== undefined && isLive(recording) ? recording : undefined;
    },
    async *unsettled() {
      for await (const stored of inOrderOf('tally.unsettled', {})) yield toDocument(stored);
    },
    findByStartKey: (startKey) => findBy('startKey', startKey),
    list({ roomId, status = ANY_STATUS, roomName }, limit, after) {
      const shape = { collection: shown, sortField: 'startDate', toDocument: toListed, projection: LISTED, scanLimit };
      const query = { ...shape, roomName, limit, after };
      return roomId === undefined
        ? newestFirst({ ...query, filter: { status }, index: RECORDINGS_BY_STATUS })
        : newestFirst({ ...query, filter: { roomId, status }, index: RECORDINGS_BY_ROOM });
    },
    async hasRecordings(roomId) {
      const filter = { roomId, status: ANY_STATUS };
      const found = await reading(() =>
        collection.findOne(filter, { hint: RECORDINGS_BY_ROOM, projection: { _id: 0, roomId: 1 } }),
      );
      return found !== null;
    },
    async *keysOfRoom(roomId) {
      for await (const { uid } of inOrderOf('uid', { roomId, 'tally.state': { $ne: 'deleted' } })) yield String(uid);
    },
  };

  async function findBy(field: 'liveKey' | 'startKey', value: string) {
    const stored = await reading(() => collection.findOne({ [field]: value }));
    return stored === null ? undefined : toDocument(stored);
  }

  /**
   * Yields documents in the order of `field`, which is absent or equals the uid, so a document never changes its position while
   * others are added or removed. Each batch is read when it is requested.
   */
  async function* inOrderOf(field: 'uid' | 'tally.unsettled', filter: Record<string, unknown>): AsyncGenerator<Stored> {
    for (let after = ''; ;) {
      const batch = await reading(() =>
        collection
          .find({ ...filter, [field]: { $gt: after } })
          .sort({ [field]: 1 })
          .limit(BATCH)
          .toArray(),
      );
      yield* batch;
      if (batch.length < BATCH) return;
      after = String(batch.at(-1)?.['uid']);
    }
  }
}

/** Removes `_id`; the projection has already left out the other fields that lists do not need. */
function toListed({ _id, ...listed }: Stored): ListedRecording {
  return listed as unknown as ListedRecording;
}
