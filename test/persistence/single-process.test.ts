import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  claimDataFolder,
  type DataFolderClaim,
  DataFolderInUseError,
  type DataFolderLostError,
} from '../../src/persistence/single-process.js';
import { eventually } from '../support/eventually.js';
import { createDataFolder } from '../support/stores/data-folder.js';
import { createTestClock } from '../support/test-clock.js';

const holder = join(import.meta.dirname, '../support/stores/folder-holder.ts');

/** Makes a path longer than the path of a Unix socket may be. */
const LONG_NAME = 'long-'.repeat(24);

describe('a data folder', () => {
  let root: string;
  let remove: () => Promise<void>;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    ({ path: root, remove } = await createDataFolder());
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await remove();
  });

  /** Starts another process that claims the folder. */
  async function holdElsewhere(folder: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['--import', 'tsx', holder, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  describe.each([
    ['with a short path', 'data'],
    ['with a path too long for a socket', LONG_NAME],
  ])('%s', (_, name) => {
    let folder: string;
    beforeEach(() => {
      folder = join(root, name);
    });

    it('is created with access for its owner only', async () => {
      const claim = await claimDataFolder(folder);
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      await claim.release();
    });

    it('refuses a second claim with an error that names the folder, until the first claim is released', async () => {
      const claim = await claimDataFolder(folder);
      const refusal = await claimDataFolder(folder).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DataFolderInUseError);
      expect(refusal).toMatchObject({ code: 'data_folder.in_use', retryable: false });
      expect(String(refusal)).toContain(folder);
      await claim.release();
      await (await claimDataFolder(folder)).release();
      expect(await readdir(folder)).toEqual([]);
    });

    it('refuses the claim of a second process, and accepts it when the first process was killed', async () => {
      const other = await holdElsewhere(folder);
      await expect(claimDataFolder(folder)).rejects.toThrow(DataFolderInUseError);
      const [left] = await readdir(folder);
      other.kill('SIGKILL');
      await once(other, 'exit');
      expect(await readdir(folder)).toEqual([left]);
      const claim = await claimDataFolder(folder);
      expect(await readdir(folder)).not.toContain(left);
      await expect(claimDataFolder(folder)).rejects.toThrow(DataFolderInUseError);
      await claim.release();
    });

    it('has at most one owner when twenty claims come at once', async () => {
      const claims = await Promise.allSettled(Array.from({ length: 20 }, () => claimDataFolder(folder)));
      const won = claims.filter(({ status }) => status === 'fulfilled');
      expect(won.length).toBeLessThanOrEqual(1);
      for (const claim of claims) if (claim.status === 'fulfilled') await claim.value.release();
      await (await claimDataFolder(folder)).release();
    });
  });

  it('can be claimed although another program listens on the port of a killed owner', async () => {
    const folder = join(root, LONG_NAME);
    await (await claimDataFolder(folder)).release();
    const stranger = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    await writeFile(join(folder, 'process-01234567fcec9150.port'), JSON.stringify({ id: '01234567fcec9150', port }));
    await (await claimDataFolder(folder, { host: 'here' })).release();
    expect(await readdir(folder)).toEqual([]);
    stranger.close();
  });

  describe('whose owner is on another host, where its socket answers nobody', () => {
    const SOCKET = 'process-0123456789abcdef.sock';

    /** Claims the folder on a clock that runs by itself, while `touching` happens every second. */
    async function claimWhile(touching: () => Promise<void>): Promise<unknown> {
      const folder = join(root, 'data');
      await mkdir(folder);
      await writeFile(join(folder, SOCKET), '');
      const clock = createTestClock();
      let isOver = false;
      const claiming = claimDataFolder(folder, { clock, host: 'here' })
        .catch((error: unknown) => error)
        .finally(() => (isOver = true));
      while (!isOver) {
        await touching();
        await clock.run(100);
        await setImmediate();
      }
      const claimed = await claiming;
      if (claimed instanceof Error) return claimed;
      await (claimed as DataFolderClaim).release();
      return readdir(folder);
    }

    it('is refused while the owner touches its file', async () => {
      let touches = 0;
      const touch = () => utimes(join(root, 'data', SOCKET), 0, (touches += 1));
      expect(await claimWhile(touch)).toBeInstanceOf(DataFolderInUseError);
    });

    it('can be claimed when the owner has touched its file no more for 5 s', async () => {
      expect(await claimWhile(() => Promise.resolve())).toEqual([]);
    });
  });

  it('is lost once for its owner when it is removed, and when another one takes its place', async () => {
    for (const replace of [false, true]) {
      const folder = join(root, `data-${String(replace)}`);
      const clock = createTestClock();
      const lost: DataFolderLostError[] = [];
      const claim = await claimDataFolder(folder, { clock, onLost: (error) => lost.push(error) });
      const [name = ''] = await readdir(folder);
      const touched = () => stat(join(folder, name)).then(({ mtimeMs }) => mtimeMs);
      await utimes(join(folder, name), 0, 0);
      await clock.run(1_000);
      await eventually('it is touched', touched, (at) => at > 0);
      await rename(folder, `${folder}-away`);
      if (replace) await mkdir(folder);
      await eventually(
        'it is lost',
        async () => {
          await clock.run(1_000);
          return lost.length;
        },
        (count) => count > 0,
      );
      await clock.run(10_000);
      expect(lost).toEqual([expect.objectContaining({ code: 'data_folder.lost' })]);
      await claim.release();
    }
  });

  it('does not keep its process running', async () => {
    const child = await holdElsewhere(join(root, 'data'));
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
