import { openLmdb } from './open-stores.js';
import { buildEffect, buildRecording, nextOf } from '../../contracts/documents.js';

// A program that creates, saves and settles recordings as fast as it can, and prints a line `uid version` for each acknowledged
// write, until a test kills it.
const { recordings } = await openLmdb({ dataDir: process.argv[2] ?? '' });

async function write(worker: number): Promise<void> {
  for (let index = 0; ; index += 1) {
    const uid = `w${worker}-${index}`;
    let document = buildRecording(uid, { roomId: `room-${worker}`, tally: { dueAt: index, effects: [buildEffect('notify')] } });
    acknowledge(uid, (await recordings.create(uid, document)).created, 1);
    for (const changes of [{ size: index }, { liveKey: uid, tally: { state: 'complete', dueAt: null, effects: [] } }]) {
      document = nextOf(document, changes);
      acknowledge(uid, await recordings.save(uid, document, document.tally.version - 1), document.tally.version);
    }
  }
}

function acknowledge(uid: string, isDone: boolean, version: number): void {
  process.stdout.write(isDone ? `${uid} ${version}\n` : `refused ${uid} ${version}\n`);
}

await Promise.all(Array.from({ length: 20 }, (_, worker) => write(worker)));
