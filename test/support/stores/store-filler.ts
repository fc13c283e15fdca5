import { openLmdb } from './open-stores.js';
import { buildRecording } from '../../contracts/documents.js';

// A program that runs with a limit on its file sizes. It writes recordings until the store refuses one, then prints the number
// of stored recordings, the error, and what the store contains.
const { recordings, close } = await openLmdb({ dataDir: process.argv[2] ?? '' });

async function fill(): Promise<{ stored: number; error: string }> {
  for (let stored = 0; ; stored += 1) {
    const document = buildRecording(`u${stored}`, { details: 'x'.repeat(20_000), startDate: stored });
    try {
      await recordings.create(document.uid, document);
    } catch (error) {
      return { stored, error: error instanceof Error ? error.name : '' };
    }
  }
}

const { stored, error } = await fill();
const refused = await recordings.load(`u${stored}`);
const [newest] = (await recordings.list({}, 1)).items;
await close();
process.stdout.write(JSON.stringify({ stored, error, isRefusedStored: refused !== undefined, newest: newest?.uid }));
