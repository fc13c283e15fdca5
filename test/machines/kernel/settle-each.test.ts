import { describe, expect, it } from 'vitest';

import { settleEach } from '../../../src/machines/kernel/settle-each.js';

/** Work that waits until the test ends it. */
function createWork() {
  const running = new Map<number, { end: (result: string) => void; fail: (error: unknown) => void }>();
  const work = (item: number) => new Promise<string>((end, fail) => running.set(item, { end, fail }));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    work,
    running: () => [...running.keys()],
    async end(item: number) {
      running.get(item)?.end(`done ${item}`);
      running.delete(item);
      await turn();
    },
    async fail(item: number, error: unknown) {
      running.get(item)?.fail(error);
      running.delete(item);
      await turn();
    },
  };
}

describe('settling each', () => {
  it('runs so many at once and gives the outcomes in the order of the items, whichever ends first', async () => {
    const { work, running, end, fail } = createWork();
    const outcomes = settleEach([1, 2, 3, 4], 2, work);
    expect(running()).toEqual([1, 2]);
    await end(2);
    expect(running()).toEqual([1, 3]);
    await fail(3, new Error('no'));
    expect(running()).toEqual([1, 4]);
    await end(4);
    await fail(1, 'a text');
    expect(await outcomes).toEqual([
      { item: 1, error: new Error('a text') },
      { item: 2, result: 'done 2' },
      { item: 3, error: new Error('no') },
      { item: 4, result: 'done 4' },
    ]);
  });

  it('has nothing to do without items', async () => {
    expect(await settleEach([], 5, () => Promise.reject(new Error('called')))).toEqual([]);
  });
});
