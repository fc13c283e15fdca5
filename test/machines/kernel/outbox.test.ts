import { describe, expect, it } from 'vitest';

import { createCommitter } from '../../../src/machines/kernel/committer.js';
import type { ActorDocument, PendingEffect } from '../../../src/machines/kernel/document.js';
import { createOutbox } from '../../../src/machines/kernel/outbox.js';
import { createGate } from '../../support/gate.js';
import { createMemoryActorStore, type MemoryDocuments } from '../../support/memory/memory-actor-store.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { bell, type BellContext, newBell, says } from './support.js';

const buildEffect = (key: string, since: number): PendingEffect => ({
  ...{ key, name: 'polish', params: {}, since, attempts: 0 },
  ...{ notBefore: 0, leaseUntil: 0, leasedBy: 'one' },
});

/** A bell with these pending effects, and the outbox of the instance that runs them. */
function owing(...owed: PendingEffect[]) {
  const tally = { state: 'silent', machineVersion: 1, version: 2, effects: owed, history: [], dueAt: null, lastWrite: '' };
  const documents: MemoryDocuments<BellContext> = new Map([['big', { ...newBell(), tally }]]);
  const clock = createTestClock();
  const gate = createGate();
  const store = createMemoryActorStore({ name: 'bells', gate, documents, keyName: 'name', uniqueKeys: () => ({}) });
  const committer = createCommitter({ store, clock, instance: 'one', machineVersion: 2, random: () => 0.5 });
  const effects = { ...bell.effects, toll: { lane: 'floor', isAwaited: true } } as const;
  const outbox = createOutbox({ definition: { ...bell, effects }, clock, log: silentLog }, committer);
  const stored = (): ActorDocument<BellContext> => {
    const document = documents.get('big');
    if (document === undefined) throw new Error('it is gone');
    return document;
  };
  const saves = () => gate.trace.filter((label) => label === 'bells.save').length;
  return { outbox, committer, clock, gate, owed: () => stored().tally.effects.map(({ key }) => key), stored, saves };
}

describe('an effect that succeeds without an event', () => {
  const polish = buildEffect('polish', 2);

  it('leaves the document with the next save, without a save of its own', async () => {
    const { outbox, committer, clock, owed, saves } = owing(polish);
    await outbox.settle('big', polish, undefined);
    await clock.run(1_900);
    expect(owed()).toEqual(['polish']);
    await outbox.settle('big', buildEffect('sound', 2), says({ type: 'heard', by: 'all' }));
    expect(owed()).toEqual([]);
    await clock.run(10_000);
    expect(saves()).toBe(1);
    expect(committer.ending()).toEqual([]);
  });

  it('leaves the document after two seconds when nothing else is saved', async () => {
    const { outbox, clock, owed } = owing(polish);
    await outbox.settle('big', polish, undefined);
    await clock.run(1_999);
    expect(owed()).toEqual(['polish']);
    await clock.run(1);
    expect(owed()).toEqual([]);
  });

  it('leaves the document at once when its definition says that a caller awaits it', async () => {
    const awaited = { ...buildEffect('toll', 2), name: 'toll' };
    const { outbox, owed } = owing(awaited);
    await outbox.settle('big', awaited, undefined);
    expect(owed()).toEqual([]);
  });

  it('leaves the document at the next sweep when its save failed', async () => {
    const { outbox, clock, gate, owed } = owing(polish);
    gate.failNext('bells.save', 'fail_before');
    await outbox.settle('big', polish, undefined);
    await clock.run(60_000);
    expect(owed()).toEqual(['polish']);
    await outbox.takeOver('big', false);
    expect(owed()).toEqual([]);
  });

  it('leaves the document although it ends while the outbox reads the document to remove an earlier effect', async () => {
    const { outbox, committer, clock, gate, owed } = owing(polish);
    committer.end('big', buildEffect('polish', 1));
    gate.hold();
    const flushed = outbox.flush();
    await clock.run(0);
    gate.step('bells.load');
    await outbox.settle('big', polish, undefined);
    gate.open();
    await flushed;
    await clock.run(2_000);
    expect(owed()).toEqual([]);
    expect(committer.ending()).toEqual([]);
  });
});
