import { createConnection } from 'mongoose';

import { RECORDINGS } from '../../src/persistence/mongo/indexes.js';
import { recordingMapper } from '../../src/persistence/mongo/stored-recording.js';
import { finishedRecording } from './recordings.js';
import { inParallel } from './http-client.js';

const BATCH = 5_000;

/** Insert the finished recordings 0 to `count` - 1 in their stored form. The Tally that starts on them builds the indexes. */
export async function fillMongo(uri: string, dbName: string, count: number, rooms: number): Promise<void> {
  const connection = await createConnection(uri, { dbName }).asPromise();
  try {
    const collection = connection.getClient().db(dbName).collection(RECORDINGS);
    const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, index) => index * BATCH);
    // Two at a time, each written to the majority: with more, the secondaries fall behind and must copy everything again.
    await inParallel(batches, 2, async (from) => {
      const numbers = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => from + index);
      const documents = numbers.map((number) => {
        const recording = finishedRecording(number, rooms);
        return recordingMapper.toStored(recording.uid, recording);
      });
      await collection.insertMany(documents, { ordered: false, writeConcern: { w: 'majority' } });
    });
  } finally {
    await connection.close(true);
  }
}
