import { systemClock } from '../../../../src/clock.js';
import { createAdoption } from '../../../../src/persistence/mongo/adopt.js';
import { connect, DEFAULT_LIMITS } from '../../../../src/persistence/mongo/connect.js';
import { TIMING } from '../../../support/stores/open-mongo.js';
import { dbName } from './names.js';

// A program that adopts the recordings of OpenVidu Meet, and after each batch prints their number, until a test kills it.
const connection = await connect({ uri: process.argv[2] ?? '', dbName, limits: DEFAULT_LIMITS });
const adoption = createAdoption(connection, systemClock, TIMING, Number(process.argv[3]));
await adoption.run({
  signal: new AbortController().signal,
  onBatch: ({ recordings = 0 }) => process.stdout.write(`${recordings}\n`),
});
await connection.close();
