import { mkdirSync } from 'node:fs';

import { type Database, open } from 'lmdb';

import { type Clock, systemClock, within } from '../../clock.js';
import { StoreUnavailableError, TallyError, WriteOutcomeUnknownError } from '../../errors.js';

/** A part of a row's key. Rows sort by their parts: ABSENT, then numbers, then strings by code point. */
export type KeyPart = string | number | false;
/** Stands for a missing value in a row's key, because lmdb's key type excludes null. */
export const ABSENT = false;
export type Table<Value, Key extends string | KeyPart[] = string> = Database<Value, Key>;

/** Time limit of a flush to the disk, milliseconds; a slower write counts as unconfirmed. */
const FLUSH_LIMIT_MS = 10_000;

/**
 * One LMDB environment. Reads are synchronous and see a snapshot; each write is one transaction. Committed writes survive the
 * death of the process, flushed writes also a loss of power.
 */
export interface Environment {
  table<Value, Key extends string | KeyPart[] = string>(name: string): Table<Value, Key>;
  /**
   * Read from the tables; within one call of `action` all tables show the same committed state.
   *
   * @throws StoreUnavailableError the environment is closed, or its file cannot be read
   */
  read<Result>(action: () => Result): Result;
  /**
   * Run `action` as one transaction after all earlier writes: it reads the latest data, and its puts are committed together, or
   * not at all if it throws.
   *
   * @param options.durable wait until the write is flushed to the disk
   * @throws StoreUnavailableError the environment is closed, or the write was not committed
   * @throws WriteOutcomeUnknownError the write was committed, but the disk did not confirm it
   */
  write<Result>(action: () => Result, options?: { durable?: boolean }): Promise<Result>;
  /** Refuse new calls, wait for the running ones, then close the files. Every call waits for the end of that. */
  close(): Promise<void>;
}

export interface EnvironmentOptions {
  /** Measures the time limit of a flush. Default: the system clock. */
  clock?: Pick<Clock, 'after'>;
  /** Writes are never flushed: they survive the death of the process, but a loss of power may corrupt the files. */
  volatile?: boolean;
}

/**
 * @param path folder of the environment's files; created with mode 0700 if missing, because the files are readable by everyone
 * @throws StoreUnavailableError the files cannot be created or read
 */
export function openEnvironment(path: string, { clock = systemClock, volatile = false }: EnvironmentOptions = {}): Environment {
  // With `eventTurnBatching`, a failed commit would leave a rejection without a handler, which ends the process.
  const root = opening(() => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return open({ path, maxDbs: 32, eventTurnBatching: false, noSync: volatile });
  });
  const writes = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  return {
    table(name) {
      refuseWhenClosed();
      return opening(() => root.openDB({ name }));
    },
    read(action) {
      refuseWhenClosed();
      try {
        return action();
      } catch (error) {
        throw translate(error, path);
      }
    },
    async write(action, { durable = false } = {}) {
      refuseWhenClosed();
      const running = transact(action, durable);
      writes.add(running);
      try {
        return await running;
      } catch (error) {
        throw translate(error, path);
      } finally {
        writes.delete(running);
      }
    },
    close: () => (closing ??= close()),
  };

  async function close(): Promise<void> {
    await Promise.allSettled(writes);
    // After a failed commit lmdb keeps a promise for which `close` would wait; an empty last transaction replaces it.
    await root.transaction(() => undefined).catch(() => undefined);
    await root.close();
  }

  function opening<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      throw new StoreUnavailableError(`The store in ${path} cannot be opened`, { cause });
    }
  }

  function refuseWhenClosed(): void {
    if (closing !== undefined) throw new StoreUnavailableError(`The store in ${path} is closed`);
  }

  async function transact<Result>(action: () => Result, durable: boolean): Promise<Result> {
    // If `action` throws, a child transaction is rolled back; a plain one would commit the puts made before the error.
    const committed = root.childTransaction(action);
    // `root.flushed` belongs to the newest batch, so it is read in the same turn of the event loop that queued this write.
    const [result] = await Promise.all([committed, durable ? flushed() : undefined]);
    return result;
  }

  async function flushed(): Promise<void> {
    try {
      await within(FLUSH_LIMIT_MS, clock, () => root.flushed);
    } catch (cause) {
      throw new WriteOutcomeUnknownError('The disk did not confirm a write', { cause });
    }
  }
}

function translate(error: unknown, path: string): TallyError {
  if (error instanceof TallyError) return error;
  // lmdb gives the reason of a failed commit in a second promise; without a handler its rejection would end the process.
  if (error instanceof Error && 'commitError' in error) Promise.resolve(error.commitError).catch(() => undefined);
  return new StoreUnavailableError(`The store in ${path} failed`, { cause: error, refused: true });
}
