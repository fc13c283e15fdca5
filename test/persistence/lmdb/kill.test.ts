import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect, it } from 'vitest';

import { statusOf } from '../../../src/machines/recording/recording.js';
import { openLmdb } from '../../support/stores/open-stores.js';
import { createDataFolder } from '../../support/stores/data-folder.js';

const writer = join(import.meta.dirname, '../../support/stores/store-writer.ts');

it('LMDB keeps every acknowledged write and consistent indexes when its process is killed', async () => {
  const folder = await createDataFolder();
  const acknowledged = await killAfter(folder.path, 3_000);

  const { recordings, close } = await openLmdb({ dataDir: folder.path });
  for (const [uid, version] of acknowledged) {
    const stored = await recordings.load(uid);
    expect(stored?.tally.version, uid).toBeGreaterThanOrEqual(version);
    if (stored === undefined) continue;
    expect((await recordings.findByStartKey(uid))?.uid).toBe(uid);
    const isLive = stored.liveKey === stored.roomId;
    expect((await recordings.findLive(stored.roomId))?.uid === uid).toBe(isLive);
    expect(statusOf(stored)).toBe(isLive ? 'active' : 'complete');
  }
  const live = [];
  for await (const { uid } of recordings.unsettled()) live.push(uid);
  expect(live.length).toBeLessThanOrEqual(20);
  expect((await recordings.due(Number.MAX_SAFE_INTEGER, 10_000)).sort()).toEqual(live.sort());
  expect((await recordings.owing(10_000)).sort()).toEqual(live);
  await close();
  await folder.remove();
});

/** Kills a writing process after this many lines. @returns by uid, the newest version that the process acknowledged */
async function killAfter(dataDir: string, lines: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged = new Map<string, number>();
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, uid, version] = /^(w\S+) (\d+)$/.exec(line) ?? [];
    // The kill may have cut the last line, so a line that does not match ends the loop.
    if (uid === undefined || version === undefined) break;
    acknowledged.set(uid, Number(version));
    seen += 1;
    if (seen === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  expect(seen).toBeGreaterThanOrEqual(lines);
  return acknowledged;
}
