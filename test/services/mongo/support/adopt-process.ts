import { adoptForeignRecordings } from '../../../../src/persistence/mongo/adopt.js';
import { connect, DEFAULT_LIMITS } from '../../../../src/persistence/mongo/connect.js';
import { dbName } from './names.js';

// A process of its own that takes in what the original service left, one line for each batch, until it is killed.
const connection = await connect({ uri: process.argv[2] ?? '', dbName, limits: DEFAULT_LIMITS });
await adoptForeignRecordings(connection, {
  batchSize: 250,
  onBatch: (count) => process.stdout.write(`${count}\n`),
});
await connection.close();
