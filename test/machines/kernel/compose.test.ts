import { describe, expect, it } from 'vitest';

import { compose, LEASE_MS, withEffects } from '../../../src/machines/kernel/compose.js';
import { type ActorDocument, HISTORY_LIMIT } from '../../../src/machines/kernel/document.js';
import { firstStep, nextStep } from '../../../src/machines/kernel/step.js';
import { bell, type BellContext, type BellEvent, newBell, says } from './support.js';

const stamp = { now: 1_000, instance: 'one', nonce: 'n1' };
const born = compose(bell, undefined, firstStep(bell, newBell()), { type: 'create', source: 'test' }, stamp);

function after(document: ActorDocument<BellContext>, ...events: BellEvent[]): ActorDocument<BellContext> {
  return events.reduce((current, event) => compose(bell, current, nextStep(bell, current, event), event, stamp), document);
}

describe('the document that a step makes', () => {
  it('has a version one higher and the transition in its history', () => {
    const rung = after(born, says({ type: 'ring' }));
    expect([born.tally.version, rung.tally.version]).toEqual([1, 2]);
    expect(rung.tally.history).toMatchObject([
      { from: '', to: 'silent', event: 'create', version: 1 },
      { from: 'silent', to: 'ringing', event: 'ring', source: 'test', instance: 'one', at: 1_000, version: 2 },
    ]);
  });

  it('keeps the time of its last transition when only its effects are saved', () => {
    const rung = compose(bell, born, nextStep(bell, born, says({ type: 'ring' })), says({ type: 'ring' }), {
      ...stamp,
      now: 2_000,
    });
    const tried = withEffects(bell, rung, rung.tally.effects, { ...stamp, now: 3_000 });
    expect([born, rung, tried].map(({ tally }) => tally.changedAt)).toEqual([1_000, 2_000, 2_000]);
    expect(tried.tally.version).toBe(3);
  });

  it('keeps the last hundred transitions in its history', () => {
    const long = after(born, ...Array.from({ length: 150 }, (_, index) => says({ type: 'heard', by: String(index) })));
    expect(long.tally.history).toHaveLength(HISTORY_LIMIT);
    expect(long.tally.version).toBe(151);
  });

  it('leases a new effect to the instance that wrote it, and replaces an effect of the same key', () => {
    const rung = after(born, says({ type: 'ring' }));
    const again = after(rung, says({ type: 'ring.again' }));
    expect(rung.tally.effects.map(({ key, since, leasedBy, leaseUntil }) => [key, since, leasedBy, leaseUntil])).toEqual([
      ['sound', 2, 'one', 1_000 + LEASE_MS],
      ['polish', 2, 'one', 1_000 + LEASE_MS],
    ]);
    expect(again.tally.effects.map(({ key, since, params }) => [key, since, params])).toEqual([
      ['polish', 2, {}],
      ['sound', 3, { loud: false }],
    ]);
  });

  it('loses the pending effects that a transition withdraws', () => {
    expect(after(born, says({ type: 'ring' }), says({ type: 'hush' })).tally.effects).toEqual([]);
  });

  it('is due at the earliest of lease end, retry, deadline and removal', () => {
    const rung = after(born, says({ type: 'ring' }));
    const dueAt = (document: ActorDocument<BellContext>) => document.tally.dueAt;
    expect(dueAt(born)).toBeNull();
    expect(dueAt(rung)).toBe(1_000 + LEASE_MS);
    expect(dueAt(after(rung, says({ type: 'arm', due: 3_000 })))).toBe(3_000);
    const waiting = rung.tally.effects.map((effect) => ({ ...effect, notBefore: 9_000, leaseUntil: 8_000 }));
    expect(dueAt(withEffects(bell, rung, waiting, stamp))).toBe(9_000);
    expect(dueAt(after(born, says({ type: 'melt' })))).toBe(1_000);
  });

  it('is not due for removal while it has a pending effect', () => {
    const melted = after(born, says({ type: 'melt' }));
    const owing = withEffects(bell, melted, after(born, says({ type: 'ring' })).tally.effects, stamp);
    expect(owing.tally.dueAt).toBe(1_000 + LEASE_MS);
  });
});
