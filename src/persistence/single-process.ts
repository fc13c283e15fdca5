import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

import { type Clock, sleep, systemClock } from '../clock.js';
import { InvalidInputError, TallyError, toError } from '../errors.js';
import { answers, listenIn } from './claim-socket.js';
import { isMissing } from './is-missing.js';

/** Another process uses the data folder. Not retryable: stop the other process, or configure another folder. */
export class DataFolderInUseError extends TallyError {
  constructor(folder: string) {
    super('data_folder.in_use', 'conflict', `Another process uses the data folder ${folder}`, { details: { folder } });
  }
}

/** The data folder was removed, or replaced by another one, while this process used it: later writes would be lost. */
export class DataFolderLostError extends TallyError {
  constructor(folder: string) {
    super('data_folder.lost', 'internal', `The data folder ${folder} was removed or replaced`, { details: { folder } });
  }
}

export interface ClaimOptions {
  clock?: Pick<Clock, 'after'>;
  /** Name of this machine. Default: the host name, which differs between containers. */
  host?: string;
  /** Called once when the claim's file is gone. Default: raises the error, which ends the process. */
  onLost?: (error: DataFolderLostError) => void;
}

export interface DataFolderClaim {
  /** Release the data folder. Safe to call twice. */
  release(): Promise<void>;
}

/** The last eight digits are the host's. An earlier release drew all sixteen, and takes these names for its own. */
const CLAIM = /^process-[0-9a-f]{8}([0-9a-f]{8})\.(sock|port)$/;
/** How often a process touches its file, milliseconds. */
const TOUCHED_EVERY_MS = 1_000;
/** A process that has not touched its file for this long is dead, milliseconds. */
const DEAD_AFTER_MS = 5_000;

/**
 * Make this process the only user of a data folder. A missing folder is created (mode 0700).
 *
 * Each process first listens on a socket of its own in the folder, then connects to all others there. If two start together, the
 * later one finds the earlier, so at most one succeeds; both may be refused. The socket of a killed process refuses connections
 * and is removed by the next owner. (A pid file does not work: in containers every process has pid 1.) A socket of another host or
 * container may refuse connections although its process lives: there the process counts as dead when it no longer touches its file,
 * which takes 5 s to tell.
 *
 * @throws DataFolderInUseError another process uses the folder, or is claiming it
 * @throws InvalidInputError the path is not a folder, or the folder is not writable
 */
export async function claimDataFolder(
  dataDir: string,
  { clock = systemClock, host = hostname(), onLost = raise }: ClaimOptions = {},
): Promise<DataFolderClaim> {
  const folder = resolve(dataDir);
  try {
    return await claim(folder, { clock, host: digest(host), onLost });
  } catch (cause) {
    throw cause instanceof TallyError ? cause : new InvalidInputError(`TALLY_DATA_DIR ${folder} cannot be used`, { cause });
  }
}

async function claim(folder: string, { clock, host, onLost }: Required<ClaimOptions>): Promise<DataFolderClaim> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = await listenIn(folder, host);
  const stopTouching = keepTouching(join(folder, own.name), clock, () => onLost(new DataFolderLostError(folder)));
  const release = async (): Promise<void> => {
    stopTouching();
    await own.release();
  };
  try {
    const others = (await readdir(folder)).filter((name) => CLAIM.test(name) && name !== own.name);
    const alive = await Promise.all(others.map((name) => isAlive(folder, name, { clock, host })));
    if (alive.includes(true)) throw new DataFolderInUseError(folder);
    await stat(join(folder, own.name)).catch(() => {
      throw new DataFolderInUseError(folder);
    });
    await Promise.all(others.map((name) => rm(join(folder, name), { force: true })));
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Touch a file again and again. `onLost` is called once when it is gone. @returns a function that ends it */
function keepTouching(file: string, clock: Pick<Clock, 'after'>, onLost: () => void): () => void {
  let cancel = (): void => undefined;
  let isOver = false;
  function plan(): void {
    cancel = clock.after(TOUCHED_EVERY_MS, () => void touch());
  }
  async function touch(): Promise<void> {
    const now = new Date();
    // A file that cannot be touched on a full or read-only disk is there all the same.
    const isGone = await utimes(file, now, now).then(() => false, isMissing);
    if (isOver) return;
    if (isGone) onLost();
    else plan();
  }
  plan();
  return () => {
    isOver = true;
    cancel();
  };
}

/** Throw outside of every call, which ends the process. */
export function raise(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

/** Eight hexadecimal digits, for names that must stay short. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

async function isAlive(folder: string, name: string, by: { clock: Pick<Clock, 'after'>; host: string }): Promise<boolean> {
  const path = join(folder, name);
  if (await answers(path, by.clock)) return true;
  return CLAIM.exec(name)?.[1] !== by.host && (await isTouched(path, by.clock));
}

/** Whether another process touches the file. Times of other hosts' clocks are not compared with ours. */
async function isTouched(path: string, clock: Pick<Clock, 'after'>): Promise<boolean> {
  const touchedAt = (): Promise<number | undefined> =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      (error: unknown) => (isMissing(error) ? undefined : Promise.reject(toError(error))),
    );
  const before = await touchedAt();
  for (let waitedMs = 0; before !== undefined && waitedMs < DEAD_AFTER_MS; waitedMs += TOUCHED_EVERY_MS) {
    await sleep(TOUCHED_EVERY_MS, clock);
    const after = await touchedAt();
    if (after !== before) return after !== undefined;
  }
  return false;
}
