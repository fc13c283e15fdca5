import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { isFullSize } from '../../support/full-size.js';
import { createRandom } from '../../support/random.js';
import { createDataFolder } from '../../support/stores/data-folder.js';
import { openLmdb } from '../../support/stores/open-stores.js';

const closer = join(import.meta.dirname, '../../support/stores/store-closer.ts');
/** The disk of a busy machine. A process that spins never ends. */
const ENDS_WITHIN_MS = 10_000;

/** The ways in which a process is disturbed while it closes its store. */
const FATES = ['nothing', 'kill', 'removal'] as const;
const RUNS = isFullSize ? 50 : 3;

describe('LMDB that closes while it commits', () => {
  const seed = Date.now() % 1_000_000;
  const random = createRandom(seed);
  process.stdout.write(`closed while it commits with seed ${String(seed)}\n`);
  const runs = Array.from({ length: RUNS }, (_, index) => ({ run: index + 1, fate: FATES[index % FATES.length] ?? 'nothing' }));

  // Over 5 s at full size: one process a run.
  it.each(runs)('keeps what it acknowledged, and its process ends ($run: $fate)', async ({ fate }) => {
    const folder = await createDataFolder();
    const child = spawn(process.execPath, ['--import', 'tsx', closer, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    const acknowledged: string[] = [];
    const closesAfter = 50 + random.below(300);
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'closed' || acknowledged.push(line) !== closesAfter) continue;
      child.kill('SIGTERM');
      void spoil(random.below(20));
    }
    const [code, signal] = await Promise.race([ended, pause(ENDS_WITHIN_MS).then(() => expect.fail('it has not ended'))]).finally(
      () => child.kill('SIGKILL'),
    );
    expect([code, signal]).toEqual(fate === 'kill' && signal !== null ? [null, 'SIGKILL'] : [0, null]);
    if (fate !== 'removal') await expectKept(folder.path, acknowledged);
    await folder.remove();

    async function spoil(afterMs: number): Promise<void> {
      await pause(afterMs);
      if (fate === 'kill') child.kill('SIGKILL');
      if (fate === 'removal') await rm(folder.path, { recursive: true, force: true });
    }
  });
});

async function expectKept(dataDir: string, acknowledged: readonly string[]): Promise<void> {
  const { recordings, close } = await openLmdb({ dataDir });
  // A kill may have cut the last line.
  for (const uid of acknowledged.filter((line) => /^w\d+-\d+$/.test(line)).slice(0, -1)) {
    expect((await recordings.load(uid))?.tally.state, uid).toBe('complete');
  }
  await close();
}
