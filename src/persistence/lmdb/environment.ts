import { mkdirSync } from 'node:fs';

import { type Database, open } from 'lmdb';

import { type Clock, systemClock, within } from '../../clock.js';
import { StoreUnavailableError, TallyError, WriteOutcomeUnknownError } from '../../errors.js';

/** A part of a row's key. Rows sort by their parts: ABSENT, then numbers, then strings by code point. */
export type KeyPart = string | number | false;
/** In a row's key, what has no value: LMDB's key type knows no null. */
export const ABSENT = false;
export type Table<Value, Key extends string | KeyPart[] = string> = Database<Value, Key>;

/** After a fsync this slow the disk is not to be trusted with an answer. */
const FLUSH_LIMIT_MS = 10_000;

/**
 * One LMDB environment: reads are synchronous over a snapshot, a write is one transaction. Committed writes survive the
 * loss of the process; flushed ones the loss of power.
 */
export interface Environment {
  table<Value, Key extends string | KeyPart[] = string>(name: string): Table<Value, Key>;
  /**
   * Read; within one call of `action` every table shows the same committed state.
   *
   * @throws StoreUnavailableError closed, or the file cannot be read
   */
  read<Result>(action: () => Result): Result;
  /**
   * Run `action` as one transaction, after every write begun before it: what it reads is current, and what it puts is
   * committed together, or not at all when it throws.
   *
   * @param options.durable wait until the disk has it
   * @throws StoreUnavailableError closed, or not committed
   * @throws WriteOutcomeUnknownError committed, but the disk did not confirm it
   */
  write<Result>(action: () => Result, options?: { durable?: boolean }): Promise<Result>;
  /** Refuse new calls, finish the running ones, close the files. */
  close(): Promise<void>;
}

export interface EnvironmentOptions {
  /** Limits how long a flush is waited for. Default: the system's. */
  clock?: Pick<Clock, 'after'>;
  /** Writes survive the loss of the process but are never flushed: a loss of power may leave anything. */
  volatile?: boolean;
}

/**
 * @param path folder of the environment's files; created with mode 0700 when missing, for they are readable by everybody
 * @throws StoreUnavailableError the files cannot be made or read
 */
export function openEnvironment(path: string, { clock = systemClock, volatile = false }: EnvironmentOptions = {}): Environment {
  // Batching by event turn would leave a rejection without a handler, which ends the process, whenever a commit fails.
  const root = opening(() => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return open({ path, maxDbs: 32, eventTurnBatching: false, noSync: volatile });
  });
  let isClosed = false;

  return {
    table: (name) => opening(() => root.openDB({ name })),
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
      try {
        return await transact(action, durable);
      } catch (error) {
        throw translate(error, path);
      }
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      // A failed commit leaves a promise that `close` would wait for; an empty transaction, last in the queue, replaces it.
      await root.transaction(() => undefined).catch(() => undefined);
      await root.close();
    },
  };

  function opening<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      throw new StoreUnavailableError(`The store in ${path} cannot be opened`, { cause });
    }
  }

  function refuseWhenClosed(): void {
    if (isClosed) throw new StoreUnavailableError(`The store in ${path} is closed`);
  }

  async function transact<Result>(action: () => Result, durable: boolean): Promise<Result> {
    // A child transaction is undone when the action throws; a plain one would commit the puts made so far.
    const committed = root.childTransaction(action);
    // `flushed` stands for the newest batch, so it is asked for in the turn that queued this write.
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
  // lmdb tells the reason of a failed commit by a second promise, which is rejected whether or not anyone listens.
  if (error instanceof Error && 'commitError' in error) Promise.resolve(error.commitError).catch(() => undefined);
  return new StoreUnavailableError(`The store in ${path} failed`, { cause: error });
}
