import { createIndexRowsMigration } from '../../../src/persistence/lmdb/index-rows.js';
import { openEnvironment } from '../../../src/persistence/lmdb/environment.js';
import { createRecordingTable } from '../../../src/persistence/lmdb/recording-store.js';
import { createRoomTable } from '../../../src/persistence/lmdb/room-store.js';

// A program that rebuilds index rows. After some batches it prints `done` and blocks, so that a test can kill it during its work.
const [path = '', batches = ''] = process.argv.slice(2);
const environment = openEnvironment(path);
const indexes = [createRecordingTable(environment).index, createRoomTable(environment).index];
let left = Number(batches);
await createIndexRowsMigration({ environment, indexes }).run({
  signal: new AbortController().signal,
  onBatch({ recordings = 0 }) {
    if (recordings > 0) left -= 1;
    if (left > 0) return;
    process.stdout.write('done\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
