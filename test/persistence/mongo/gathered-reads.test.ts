import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { gatherReads } from '../../../src/persistence/mongo/gathered-reads.js';

/** Queries that the test answers, oldest first: each key is found as the word that is given, but `nothing`. */
function setUp() {
  const queries: { keys: string[]; resolve: (found: Map<string, string>) => void; reject: (error: Error) => void }[] = [];
  const read = gatherReads<string>((keys) => new Promise((resolve, reject) => void queries.push({ keys, resolve, reject })));
  const take = () => {
    const query = queries.shift();
    if (query === undefined) throw new Error('no query');
    return query;
  };
  /** What follows has begun when these resolve. */
  const answer = (word: string) => {
    const { keys, resolve } = take();
    resolve(new Map(keys.filter((key) => key !== 'nothing').map((key) => [key, `${key} ${word}`])));
    return turn();
  };
  const fail = () => {
    take().reject(new Error('away'));
    return turn();
  };
  return { read, asked: () => queries.map(({ keys }) => keys), answer, fail };
}

describe('reads by key', () => {
  it('of one moment are one query, each key once', async () => {
    const { read, asked, answer } = setUp();
    const all = Promise.all([read('a'), read('b'), read('a'), read('nothing')]);
    await turn();
    expect(asked()).toEqual([['a', 'b', 'nothing']]);
    await answer('now');
    expect(await all).toEqual(['a now', 'b now', 'a now', undefined]);
  });

  it('that come while a query is under way wait for the next', async () => {
    const { read, asked, answer } = setUp();
    const early = read('a');
    await turn();
    const late = Promise.all([read('a'), read('b')]);
    await turn();
    expect(asked()).toEqual([['a']]);
    await answer('old');
    expect(asked()).toEqual([['a', 'b']]);
    await answer('new');
    expect([await early, ...(await late)]).toEqual(['a old', 'a new', 'b new']);
  });

  it('do not wait for a query that hangs', async () => {
    const { read, asked } = setUp();
    void read('a');
    await turn();
    void read('b');
    await expect.poll(asked).toEqual([['a'], ['b']]);
  });

  it('fail together, and the next ones do not', async () => {
    const { read, answer, fail } = setUp();
    const failed = expect(Promise.all([read('a'), read('b')])).rejects.toThrow('away');
    await turn();
    const late = read('a');
    await fail();
    await failed;
    await answer('well');
    expect(await late).toBe('a well');
  });
});
