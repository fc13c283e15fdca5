import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { gather } from '../../../src/persistence/mongo/gather.js';

/** Runs that the test answers, oldest first: of each item comes the word that is given, but of `nothing`. */
function setUp() {
  const runs: { items: string[]; resolve: (results: Map<string, string>) => void; reject: (error: Error) => void }[] = [];
  const ask = gather<string, string>((items) => new Promise((resolve, reject) => void runs.push({ items, resolve, reject })), 3);
  const take = () => {
    const run = runs.shift();
    if (run === undefined) throw new Error('nothing runs');
    return run;
  };
  /** What follows has begun when these resolve. */
  const answer = (word: string) => {
    const { items, resolve } = take();
    resolve(new Map(items.filter((item) => item !== 'nothing').map((item) => [item, `${item} ${word}`])));
    return turn();
  };
  const fail = () => {
    take().reject(new Error('away'));
    return turn();
  };
  return { ask, running: () => runs.map(({ items }) => items), answer, fail };
}

describe('what is asked', () => {
  it('in one moment is one run, each item once', async () => {
    const { ask, running, answer } = setUp();
    const all = Promise.all([ask('a'), ask('b'), ask('a'), ask('nothing')]);
    await turn();
    expect(running()).toEqual([['a', 'b', 'nothing']]);
    await answer('now');
    expect(await all).toEqual(['a now', 'b now', 'a now', undefined]);
  });

  it('while a run is under way waits for the next', async () => {
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

  it('is in several runs when it is too much for one', async () => {
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

  it('does not wait for a run that hangs', async () => {
    const { ask, running } = setUp();
    void ask('a');
    await turn();
    void ask('b');
    await expect.poll(running).toEqual([['a'], ['b']]);
  });

  it('fails together, and what comes next does not', async () => {
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
