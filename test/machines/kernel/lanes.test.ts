import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { createLanes } from '../../../src/machines/kernel/lanes.js';

/** Named pieces of work, each of which runs until the test ends it. */
function createWork() {
  const running = new Map<string, () => void>();
  return {
    running: () => [...running.keys()],
    begin: (name: string) => () => new Promise<void>((resolve) => running.set(name, resolve)),
    async end(name: string) {
      running.get(name)?.();
      running.delete(name);
      await turn();
    },
  };
}

describe('lanes', () => {
  it('run as many pieces of work at once as their width, and a full lane delays no other lane', async () => {
    const lanes = createLanes({ wide: 2, narrow: 1 });
    const work = createWork();
    for (const name of ['a', 'b', 'c']) lanes.enter('wide', work.begin(name));
    lanes.enter('narrow', work.begin('d'));
    expect(work.running()).toEqual(['a', 'b', 'd']);
    await work.end('a');
    expect(work.running()).toEqual(['b', 'd', 'c']);
  });

  it('without a configured width run one piece of work at a time', async () => {
    const lanes = createLanes({});
    const work = createWork();
    for (const name of ['a', 'b']) lanes.enter('unknown', work.begin(name));
    expect(work.running()).toEqual(['a']);
    await work.end('a');
    expect(work.running()).toEqual(['b']);
  });

  it('are idle once no work runs or waits', async () => {
    const lanes = createLanes({ narrow: 1 });
    const work = createWork();
    await lanes.idle();
    for (const name of ['a', 'b']) lanes.enter('narrow', work.begin(name));
    let isIdle = false;
    const idle = lanes.idle().then(() => (isIdle = true));
    await work.end('a');
    expect(isIdle).toBe(false);
    await work.end('b');
    await idle;
  });

  it('that are closed drop the waiting work, and are idle when the running work is over', async () => {
    const lanes = createLanes({ narrow: 1 });
    const work = createWork();
    for (const name of ['a', 'b']) lanes.enter('narrow', work.begin(name));
    lanes.close();
    lanes.enter('narrow', work.begin('c'));
    const idle = lanes.idle();
    await work.end('a');
    await idle;
    expect(work.running()).toEqual([]);
  });
});
