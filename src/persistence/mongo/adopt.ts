import type { mongo } from 'mongoose';

import type { AdoptionTiming } from './adopted-recording.js';
import { OPEN_STATUSES, adoptedRecording } from './adopted-recording.js';
import { adoptedRoom } from './adopted-room.js';
import type { MongoConnection, Stored, StoredCollection } from './connect.js';
import { RECORDINGS, ROOMS } from './indexes.js';
import { recordingMapper } from './stored-recording.js';
import { roomMapper } from './stored-room.js';

export interface AdoptionOptions {
  timing?: Partial<AdoptionTiming>;
  /** Epoch milliseconds. Default: the system's clock. */
  now?: () => number;
  /** Documents written at once. Default 500. */
  batchSize?: number;
  /** Told after each batch how many documents it took in. */
  onBatch?: (count: number) => void;
}

export interface Adoption {
  recordings: number;
  rooms: number;
  /** uids of recordings that had not ended and are not the newest of their room: they are stopped. */
  superseded: string[];
}

const DEFAULT_TIMING: AdoptionTiming = { startTimeoutMs: 30_000, stopTimeoutMs: 30_000, uploadBudgetMs: 600_000 };

/**
 * Give the documents of the original service the fields of ours. They keep every field they have.
 *
 * Each document is written once and by itself, so it may stop anywhere, be repeated, and run in several processes at once.
 * To be done before the unique indexes on our fields are built, and before anything else of this process uses the stores.
 */
export async function adoptForeignRecordings(connection: MongoConnection, options: AdoptionOptions): Promise<Adoption> {
  const { batchSize = 500, onBatch = () => undefined, now = Date.now } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const recordings = connection.kernel(RECORDINGS);
  const rooms = connection.kernel(ROOMS);
  const superseded: string[] = [];

  const recordingCount = await inBatches(recordings, 'uid', async (stored) => {
    const isOpen = OPEN_STATUSES.some((status) => status === stored['status']);
    const isLive = isOpen && (await keeperOf(recordings, stored['roomId'])) === String(stored._id);
    const document = adoptedRecording(stored, { now: now(), timing, isLive });
    if (isOpen && !isLive) superseded.push(document.uid);
    return recordingMapper.toStored(document.uid, document);
  });
  const roomCount = await inBatches(rooms, 'tally', async (stored) => {
    const room = adoptedRoom(stored, now());
    return roomMapper.toStored(room.roomId, room);
  });
  return { recordings: recordingCount, rooms: roomCount, superseded };

  /** Take in what lacks a field, by `_id`. */
  async function inBatches(
    collection: StoredCollection,
    missing: 'uid' | 'tally',
    adopt: (stored: Stored) => Promise<Record<string, unknown>>,
  ): Promise<number> {
    let count = 0;
    for (let after: mongo.ObjectId | undefined; ;) {
      const filter = { [missing]: null, ...(after === undefined ? {} : { _id: { $gt: after } }) };
      const batch = await collection.find(filter).sort({ _id: 1 }).limit(batchSize).toArray();
      if (batch.length === 0) return count;
      const writes = await Promise.all(
        batch.map(async (stored) => {
          const { _id } = stored;
          return { updateOne: { filter: { _id, [missing]: null }, update: { $set: await adopt(stored) } } };
        }),
      );
      const { modifiedCount } = await collection.bulkWrite(writes, { ordered: false });
      count += modifiedCount;
      after = batch.at(-1)?._id;
      onBatch(modifiedCount);
    }
  }
}

/** `_id` of the one recording of a room that keeps it: the one that was given it before, else the newest that has not ended. */
async function keeperOf(recordings: StoredCollection, roomId: unknown): Promise<string | undefined> {
  const open = await recordings
    .find({ roomId, status: { $in: [...OPEN_STATUSES] } }, { projection: { startDate: 1, liveKey: 1 } })
    .sort({ _id: -1 })
    .toArray();
  const startOf = ({ startDate }: Stored) => (typeof startDate === 'number' ? startDate : Infinity);
  const [newest] = [...open].sort((one, other) => (startOf(other) > startOf(one) ? 1 : startOf(other) < startOf(one) ? -1 : 0));
  const keeper = open.find(({ liveKey }) => liveKey === roomId) ?? newest;
  return keeper && String(keeper._id);
}
