import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { createMailbox, everyPage, gather, inBatches, settleEach } from '../src/concurrency.js';
import { createTestClock } from './support/test-clock.js';

/** Work on numbered items that runs until the test ends it or makes it fail. */
function createWork() {
  const running = new Map<number, { end: (result: string) => void; fail: (error: unknown) => void }>();
  const work = (item: number) => new Promise<string>((end, fail) => running.set(item, { end, fail }));
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

describe('settleEach', () => {
  it('runs a limited number at once and gives the outcomes in the order of the items', async () => {
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

  it('calls no work when there are no items', async () => {
    expect(await settleEach([], 5, () => Promise.reject(new Error('called')))).toEqual([]);
  });
});

/** A gatherer whose runs the test answers, oldest first. The answer contains every item except `nothing`. */
function setUp() {
  const clock = createTestClock();
  const runs: { items: string[]; resolve: (results: Map<string, string>) => void; reject: (error: Error) => void }[] = [];
  const ask = gather<string, string>((items) => new Promise((resolve, reject) => void runs.push({ items, resolve, reject })), {
    most: 3,
    patienceMs: 100,
    clock,
  });
  const take = () => {
    const run = runs.shift();
    if (run === undefined) throw new Error('nothing runs');
    return run;
  };
  /** Answers the oldest run. When the promise resolves, the next run has begun. */
  const answer = (word: string) => {
    const { items, resolve } = take();
    resolve(new Map(items.filter((item) => item !== 'nothing').map((item) => [item, `${item} ${word}`])));
    return turn();
  };
  const fail = () => {
    take().reject(new Error('away'));
    return turn();
  };
  return { clock, ask, running: () => runs.map(({ items }) => items), answer, fail };
}

describe('gather', () => {
  it('runs once for all items that are requested together, with each item once', async () => {
    const { ask, running, answer } = setUp();
    const all = Promise.all([ask('a'), ask('b'), ask('a'), ask('nothing')]);
    await turn();
    expect(running()).toEqual([['a', 'b', 'nothing']]);
    await answer('now');
    expect(await all).toEqual(['a now', 'b now', 'a now', undefined]);
  });

  it('puts an item that is requested during a run into the next run', async () => {
    const { ask, running, answer } = setUp();
    const early = ask('a');
    await turn();
    const late = Promise.all([ask('a'), ask('b')]);
    await turn();
    expect(running()).toEqual([['a']]);
    await answer('old');
    expect(running()).toEqual([['a', 'b']]);
    await answer('new');
    expect([await early, ...(await late)]).toEqual(['a old', 'a new', 'b new']);
  });

  it('splits items over several runs when there are more than one run may have', async () => {
    const { ask, running, answer } = setUp();
    void ask('a');
    await turn();
    const all = Promise.all(['b', 'c', 'd', 'e'].map(ask));
    await answer('old');
    expect(running()).toEqual([['b', 'c', 'd'], ['e']]);
    await answer('one');
    await answer('other');
    expect(await all).toEqual(['b one', 'c one', 'd one', 'e other']);
  });

  it('begins the next run when the current run takes longer than patienceMs', async () => {
    const { clock, ask, running } = setUp();
    void ask('a');
    await turn();
    void ask('b');
    await clock.run(99);
    expect(running()).toEqual([['a']]);
    await clock.run(1);
    expect(running()).toEqual([['a'], ['b']]);
  });

  it('rejects every request of a failed run, and none of the next run', async () => {
    const { ask, answer, fail } = setUp();
    const failed = expect(Promise.all([ask('a'), ask('b')])).rejects.toThrow('away');
    await turn();
    const late = ask('a');
    await fail();
    await failed;
    await answer('well');
    expect(await late).toBe('a well');
  });
});

describe('everyPage and inBatches', () => {
  it('everyPage gives the items of all pages in order and reads each page only when it is needed', async () => {
    const pages = [{ items: [1, 2], next: 1 }, { items: [], next: 2 }, { items: [3] }];
    const read: number[] = [];
    const items = everyPage(async (after: number | undefined) => {
      read.push(after ?? 0);
      return pages[after ?? 0] ?? { items: [] };
    });
    expect((await items.next()).value).toBe(1);
    expect(read).toEqual([0]);
    const rest: number[] = [];
    for await (const item of items) rest.push(item);
    expect(rest).toEqual([2, 3]);
    expect(read).toEqual([0, 1, 2]);
  });

  it('inBatches groups items into batches, of which the last may be smaller', async () => {
    const batches: number[][] = [];
    for await (const batch of inBatches([1, 2, 3, 4, 5], 2)) batches.push(batch);
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });
});

function task(log: string[], name: string): { run: () => Promise<string>; finish: () => void } {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return {
    finish: () => finish(),
    async run() {
      log.push(`${name} begins`);
      await done;
      log.push(`${name} ends`);
      return name;
    },
  };
}

describe('a mailbox', () => {
  it('runs the work of one key in order, one at a time, and the work of other keys at the same time', async () => {
    const log: string[] = [];
    const mailbox = createMailbox();
    const [first, second, other] = [task(log, 'first'), task(log, 'second'), task(log, 'other')];
    const all = [mailbox.run('a', first.run), mailbox.run('a', second.run), mailbox.run('b', other.run)];
    expect(log).toEqual(['first begins', 'other begins']);
    other.finish();
    second.finish();
    first.finish();
    expect(await Promise.all(all)).toEqual(['first', 'second', 'other']);
    expect(log.filter((line) => !line.startsWith('other'))).toEqual([
      'first begins',
      'first ends',
      'second begins',
      'second ends',
    ]);
  });

  it('runs the next work after work that failed, and rejects only for the caller of the failed work', async () => {
    const mailbox = createMailbox();
    const failing = mailbox.run('a', () => Promise.reject(new Error('no')));
    const next = mailbox.run('a', async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('is idle once no work waits or runs', async () => {
    const log: string[] = [];
    const mailbox = createMailbox();
    const only = task(log, 'only');
    void mailbox.run('a', only.run);
    const idle = mailbox.idle().then(() => log.push('idle'));
    only.finish();
    await idle;
    expect(log).toEqual(['only begins', 'only ends', 'idle']);
  });
});
