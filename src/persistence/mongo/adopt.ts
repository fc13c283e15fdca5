import { randomBytes } from 'node:crypto';

import type { mongo } from 'mongoose';

import type { Clock } from '../../clock.js';
import { adoptRecording, type AdoptionTiming, OPEN_STATUSES } from '../../machines/recording/machine/adopted.js';
import { adoptRoom } from '../../machines/room/machine/adopted.js';
import { adoptedDocument } from '../migrations/adopted-document.js';
import type { Migration } from '../migrations/migration.js';
import type { MongoConnection, Stored, StoredCollection } from './connect.js';
import { reading } from './driver-errors.js';
import { RECORDINGS, ROOMS } from './indexes.js';
import { recordingMapper } from './stored-recording.js';
import { roomMapper } from './stored-room.js';

type Update = Record<string, unknown>;

/**
 * Filters that match only documents without Tally's fields. The index on the first field finds quickly that none is left, unless
 * there are many documents of Tally's first release.
 */
const FOREIGN_RECORDING = { 'tally.changedAt': null, uid: null };
const FOREIGN_ROOM = { 'tally.changedAt': null, tally: null };
type Foreign = typeof FOREIGN_RECORDING | typeof FOREIGN_ROOM;

/**
 * Add Tally's fields to the documents of OpenVidu Meet. The documents keep all their own fields.
 *
 * Each document is updated on its own, so the adoption may stop anywhere, be repeated, and run in several processes at once. It
 * runs before the unique indexes are built. OpenVidu Meet may add documents at any time and removes Tally's fields when it
 * replaces one, so every start checks again.
 *
 * @param batchSize number of documents in one bulk write
 */
export function createAdoption(
  connection: MongoConnection,
  clock: Pick<Clock, 'now'>,
  timing: AdoptionTiming,
  batchSize = 500,
): Migration {
  const recordings = connection.kernel(RECORDINGS);
  const rooms = connection.kernel(ROOMS);

  return {
    name: 'v1_documents',
    async isNeeded() {
      const found = [recordings.findOne(FOREIGN_RECORDING), rooms.findOne(FOREIGN_ROOM)];
      return (await reading(() => Promise.all(found))).some((document) => document !== null);
    },
    async run({ signal, onBatch }) {
      const counts = { recordings: 0, rooms: 0, superseded: 0 };
      await eachBatch('recordings', recordings, FOREIGN_RECORDING, async (stored) => {
        const isOpen = OPEN_STATUSES.some((status) => status === stored['status']);
        const isLive = isOpen && (await keeperOf(recordings, stored['roomId'])) === String(stored._id);
        if (isOpen && !isLive) counts.superseded += 1;
        return updateOfRecording(stored, isLive);
      });
      await eachBatch('rooms', rooms, FOREIGN_ROOM, async (stored) => updateOfRoom(stored));
      return counts;

      /** Adopts batch after batch in the order of `_id`, until no unadopted document is left. */
      async function eachBatch(
        kind: 'recordings' | 'rooms',
        collection: StoredCollection,
        foreign: Foreign,
        adopt: (stored: Stored) => Promise<Update>,
      ): Promise<void> {
        for (let after: mongo.ObjectId | undefined; ;) {
          signal.throwIfAborted();
          const batch = await reading(() => adoptBatch(collection, foreign, adopt, after));
          if (batch === undefined) return;
          counts[kind] += batch.adopted;
          after = batch.last;
          onBatch(counts);
        }
      }
    },
  };

  /** @returns the number of documents written and the `_id` of the last one; undefined if no document was left */
  async function adoptBatch(
    collection: StoredCollection,
    foreign: Foreign,
    adopt: (stored: Stored) => Promise<Update>,
    after: mongo.ObjectId | undefined,
  ): Promise<{ adopted: number; last: mongo.ObjectId } | undefined> {
    const filter = { ...foreign, ...(after === undefined ? {} : { _id: { $gt: after } }) };
    const batch = await collection.find(filter).sort({ _id: 1 }).limit(batchSize).toArray();
    const last = batch.at(-1);
    if (last === undefined) return undefined;
    const writes = batch.map(async (stored) => {
      const { _id } = stored;
      return { updateOne: { filter: { _id, ...foreign }, update: { $set: await adopt(stored) } } };
    });
    const { modifiedCount } = await collection.bulkWrite(await Promise.all(writes), { ordered: false });
    return { adopted: modifiedCount, last: last._id };
  }

  function updateOfRecording({ _id, ...stored }: Stored, isLive: boolean): Update {
    const now = clock.now();
    const origin = { id: String(_id), createdAt: _id.getTimestamp().getTime(), isLive, now, timing, secret: drawSecret };
    const document = adoptedDocument(adoptRecording(stored, origin), now);
    return recordingMapper.toStored(document.uid, document);
  }

  function updateOfRoom({ _id, ...stored }: Stored): Update {
    const document = adoptedDocument(adoptRoom(stored), clock.now());
    return roomMapper.toStored(document.roomId, document);
  }
}

/** `_id` of the recording that stays live in its room: the one with the room's `liveKey`, else the newest that has not ended. */
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

function drawSecret(): string {
  return randomBytes(16).toString('hex');
}
