import { expect, it } from 'vitest';

import type { Committer } from '../../../src/machines/kernel/committer.js';
import type { ActorDocument, PendingEffect } from '../../../src/machines/kernel/document.js';
import { createOutbox } from '../../../src/machines/kernel/outbox.js';
import { createTestClock } from '../../support/test-clock.js';
import { bell, type BellContext } from './support.js';

const buildEffect = (key: string, since: number): PendingEffect => ({
  ...{ key, name: 'polish', params: {}, since, attempts: 0 },
  ...{ notBefore: 0, leaseUntil: 0, leasedBy: 'one' },
});

it('an effect that ends while the document is read for one that has left it leaves it all the same', async () => {
  const clock = createTestClock();
  const successor = buildEffect('polish', 2);
  let stored: ActorDocument<BellContext> = {
    ...{ name: 'big', rings: 0 },
    tally: { state: 'silent', machineVersion: 1, version: 2, effects: [successor], history: [], dueAt: null, lastWrite: '' },
  };
  let whileReading = () => outbox.end('big', successor);
  const committer: Pick<Committer<BellContext>, 'commit'> = {
    async commit(_key, change) {
      const before = stored;
      const changed = change(before, 'nonce');
      whileReading();
      whileReading = () => undefined;
      if (changed !== undefined) stored = changed.next;
      return { before, after: stored, begunAt: 0 };
    },
  };
  const outbox = createOutbox({
    definition: bell,
    committer: { ...committer, create: () => Promise.reject(new Error('nothing is created')), idle: async () => undefined },
    clock,
    stampOf: (nonce) => ({ now: clock.now(), instance: 'one', nonce }),
    onSaved: () => undefined,
    guarded: async (_key, work) => {
      await work;
    },
  });

  outbox.end('big', buildEffect('polish', 1));
  await outbox.flush('big');
  expect(stored.tally.effects).toEqual([successor]);
  await clock.run(1_000);
  expect(stored.tally.effects).toEqual([]);
  expect(outbox.waiting()).toBe(0);
});
