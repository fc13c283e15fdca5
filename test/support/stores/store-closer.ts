import { StoreUnavailableError } from '../../../src/errors.js';
import { buildRecording, nextOf } from '../../contracts/documents.js';
import { openLmdb } from './open-stores.js';

// A program that creates and settles recordings as fast as it can, prints the uid of each acknowledged one, and closes its store
// in the midst of that when it receives SIGTERM. Then nothing keeps it alive.
const { recordings, roomLocks, close } = await openLmdb({ dataDir: process.argv[2] ?? '' });

async function write(worker: number): Promise<void> {
  for (let index = 0; ; index += 1) {
    const uid = `w${String(worker)}-${String(index)}`;
    const document = buildRecording(uid, { roomId: `room-${String(worker)}` });
    const settled = nextOf(document, { liveKey: uid, tally: { state: 'complete' } });
    void roomLocks.acquire(uid, uid, 1_000).catch(() => undefined); // in flight when the store closes
    await recordings.create(uid, document);
    if (await recordings.save(uid, settled, 1)) process.stdout.write(`${uid}\n`);
  }
}

process.once('SIGTERM', () => {
  void close().then(() => process.stdout.write('closed\n'));
});
const ends = await Promise.allSettled(Array.from({ length: 20 }, (_, worker) => write(worker)));
for (const end of ends) if (end.status === 'rejected' && !(end.reason instanceof StoreUnavailableError)) throw end.reason;
