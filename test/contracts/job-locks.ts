import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { JobLocks } from '../../src/jobs/locks.js';
import type { Disposable } from './actor-store.js';

export interface JobLocksFixture extends Disposable {
  locks: JobLocks;
  /** Lets this many milliseconds pass for the locks: advances a test clock, or waits for a real service. */
  elapse: (ms: number) => Promise<void> | void;
}

export interface JobLocksContract {
  name: string;
  /** Creates the locks; none is held. */
  create: () => Promise<JobLocksFixture>;
}

const RACERS = 50;
/** Lifetime of a lock that does not expire during a test. */
const LONG_MS = 60_000;
const SHORT_MS = 150;
/** Lifetime of a lock that leaves time for one call before it expires. */
const HELD_MS = 1_500;
const ANOTHER_VALUE = 'f'.repeat(32);

export function jobLocksContract({ name, create }: JobLocksContract): void {
  describe(`job locks: ${name}`, () => {
    let locks: JobLocks;
    let elapse: JobLocksFixture['elapse'];
    let dispose: (() => Promise<void>) | undefined;

    beforeEach(async () => {
      ({ locks, elapse, dispose } = await create());
    });
    afterEach(() => dispose?.());

    const taken = async (job: string, ttlMs = LONG_MS): Promise<string> => {
      const value = await locks.acquire(job, ttlMs);
      if (value === undefined) throw new Error(`${job} is held`);
      return value;
    };
    const isHeld = async (job: string): Promise<boolean> => {
      const value = await locks.acquire(job, LONG_MS);
      if (value !== undefined) await locks.release(job, value);
      return value === undefined;
    };

    it('have a different random value for each holder', async () => {
      const values = [await taken('a'), await taken('b')];
      for (const value of values) expect(value).toMatch(/^[0-9a-f]{32}$/);
      expect(values[0]).not.toBe(values[1]);
    });

    it('refuse a lock that is held, and grant a lock of another job', async () => {
      await taken('a');
      expect(await locks.acquire('a', LONG_MS)).toBeUndefined();
      expect(await isHeld('b')).toBe(false);
    });

    it('grant a lock to one of fifty callers that ask at once', async () => {
      const values = await Promise.all(Array.from({ length: RACERS }, () => locks.acquire('a', LONG_MS)));
      expect(values.filter((value) => value !== undefined)).toHaveLength(1);
    });

    it('grant a lock again after its lifetime', async () => {
      await taken('a', SHORT_MS);
      await elapse(SHORT_MS + 1);
      await taken('a');
    });

    it('extend a lock by its value', async () => {
      const value = await taken('a', HELD_MS);
      expect(await locks.extend('a', value, LONG_MS)).toBe(true);
      await elapse(HELD_MS + 1);
      expect(await isHeld('a')).toBe(true);
    });

    it('do not extend a lock by another value', async () => {
      await taken('a', SHORT_MS);
      expect(await locks.extend('a', ANOTHER_VALUE, LONG_MS)).toBe(false);
      await elapse(SHORT_MS + 1);
      expect(await isHeld('a')).toBe(false);
    });

    it('neither extend nor create a lock that has expired or never existed', async () => {
      const value = await taken('a', SHORT_MS);
      await elapse(SHORT_MS + 1);
      expect(await locks.extend('a', value, LONG_MS)).toBe(false);
      expect(await locks.extend('never', value, LONG_MS)).toBe(false);
      expect(await isHeld('a')).toBe(false);
      expect(await isHeld('never')).toBe(false);
    });

    it('release a lock by its value and by no other', async () => {
      const value = await taken('a');
      await locks.release('a', ANOTHER_VALUE);
      expect(await isHeld('a')).toBe(true);
      await locks.release('a', value);
      expect(await isHeld('a')).toBe(false);
      await locks.release('a', value);
      await locks.release('never', value);
    });

    it('neither release nor extend a lock by the value of an earlier holder', async () => {
      const past = await taken('a', SHORT_MS);
      await elapse(SHORT_MS + 1);
      await taken('a');
      await locks.release('a', past);
      expect(await locks.extend('a', past, LONG_MS)).toBe(false);
      expect(await isHeld('a')).toBe(true);
    });
  });
}
