import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { sharedRead } from '../../../src/http/auth/shared-read.js';

/** Reads that the test answers, oldest first. */
function setUp() {
  const open: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  const read = sharedRead(() => new Promise<string>((resolve, reject) => void open.push({ resolve, reject })));
  /** What follows an answer has begun when these resolve. */
  const answer = (value: string) => {
    open.shift()?.resolve(value);
    return turn();
  };
  const fail = () => {
    open.shift()?.reject(new Error('away'));
    return turn();
  };
  return { read, open, answer, fail };
}

describe('a shared read', () => {
  it('is one for all who asked while the one before was under way', async () => {
    const { read, open, answer } = setUp();
    const first = read();
    const others = [read(), read(), read()];
    expect(open).toHaveLength(1);
    await answer('old');
    expect(await first).toBe('old');
    expect(open).toHaveLength(1);
    await answer('new');
    expect(await Promise.all(others)).toEqual(['new', 'new', 'new']);
  });

  it('is never one that began before it was asked for', async () => {
    const { read, open, answer } = setUp();
    const [first, second] = [read(), read()];
    await answer('1');
    expect(await first).toBe('1');
    const third = read();
    await answer('2');
    expect(await second).toBe('2');
    expect(open).toHaveLength(1);
    await answer('3');
    expect(await third).toBe('3');
  });

  it('does not wait for one that hangs, and is shared as ever', async () => {
    const { read, open } = setUp();
    void read();
    const [second, third] = [read(), read()];
    expect(open).toHaveLength(1);
    await expect.poll(() => open.length).toBe(2);
    const fourth = read();
    open[1]?.resolve('2');
    expect(await Promise.all([second, third])).toEqual(['2', '2']);
    await expect.poll(() => open.length).toBe(3);
    open[2]?.resolve('3');
    expect(await fourth).toBe('3');
  });

  it('that fails fails for those who share it, and for nobody else', async () => {
    const { read, answer, fail } = setUp();
    const [first, second] = [read(), read()];
    const failed = expect(first).rejects.toThrow('away');
    await fail();
    await failed;
    await answer('well');
    expect(await second).toBe('well');
    const fresh = read();
    await answer('again');
    expect(await fresh).toBe('again');
  });
});
