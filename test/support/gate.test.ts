import { describe, expect, it } from 'vitest';

import { StoreUnavailableError, WriteOutcomeUnknownError } from '../../src/errors.js';
import { buildRecording, nextOf } from '../contracts/documents.js';
import type { Gate } from './gate.js';
import { createGate } from './gate.js';
import { createMemoryRecordingStore } from './memory/memory-recording-store.js';

describe('a gate', () => {
  it('lets calls pass at once while the gate is open', async () => {
    const gate = createGate();
    expect(await gate.pass('recordings.load')).toBe('proceed');
    expect(gate.trace).toEqual(['recordings.load']);
  });

  it('holds calls until it is stepped, and lets all calls go in order when it opens', async () => {
    const gate = createGate({ held: true });
    const order: string[] = [];
    const calls = ['a', 'b', 'c'].map((label) => gate.pass(label).then(() => order.push(label)));
    expect(gate.waiting()).toEqual(['a', 'b', 'c']);
    expect(gate.trace).toEqual([]);
    gate.open();
    await Promise.all(calls);
    expect(order).toEqual(['a', 'b', 'c']);
    await gate.pass('d');
    gate.hold();
    void gate.pass('e');
    expect(gate.waiting()).toEqual(['e']);
  });

  it('steps the call whose label matches', async () => {
    const gate = createGate({ held: true });
    const save = gate.pass('recordings.save');
    void gate.pass('recordings.load');
    expect(gate.step('save')).toBe('recordings.save');
    await save;
    expect(gate.waiting()).toEqual(['recordings.load']);
    expect(gate.step('save')).toBeUndefined();
  });

  it('draws the same schedule and the same faults from the same seed', async () => {
    const schedules = await Promise.all([1, 1, 2].map(scheduleOf));
    expect(schedules[0]).toEqual(schedules[1]);
    expect(schedules[0]).not.toEqual(schedules[2]);
    expect(schedules[0]?.some((entry) => entry.endsWith('fail_before'))).toBe(true);
    expect(schedules[0]?.some((entry) => entry.endsWith('fail_after'))).toBe(true);
  });

  it('settles callers that make several calls one after the other', async () => {
    const gate = createGate({ held: true });
    let done = 0;
    const caller = async (): Promise<void> => {
      for (let index = 0; index < 5; index += 1) await gate.pass(`call-${index}`);
      done += 1;
    };
    const callers = [caller(), caller()];
    await gate.settle();
    expect(done).toBe(2);
    await Promise.all(callers);
  });
});

describe('a store behind a gate', () => {
  it('does not write when a call fails before its effect, and writes when a call fails after its effect', async () => {
    const gate = createGate();
    const store = createMemoryRecordingStore({ gate });
    const one = buildRecording('one');
    gate.failNext('create', 'fail_before');
    await expect(store.create('one', one)).rejects.toThrow(StoreUnavailableError);
    expect(await store.load('one')).toBeUndefined();
    gate.failNext('create', 'fail_after');
    await expect(store.create('one', one)).rejects.toThrow(WriteOutcomeUnknownError);
    expect(await store.load('one')).toEqual(one);
    gate.failNext('save', 'fail_after');
    await expect(store.save('one', nextOf(one), 1)).rejects.toThrow(WriteOutcomeUnknownError);
    expect((await store.load('one'))?.tally.version).toBe(2);
    gate.failNext('load', 'fail_after');
    await expect(store.load('one')).rejects.toThrow(StoreUnavailableError);
  });

  it('performs calls in the order of the steps, not in the order of the calls', async () => {
    const gate = createGate({ held: true });
    const store = createMemoryRecordingStore({ gate });
    const load = store.load('one');
    const create = store.create('one', buildRecording('one'));
    gate.step('create');
    await create;
    gate.step('load');
    expect((await load)?.uid).toBe('one');
  });
});

async function scheduleOf(seed: number): Promise<readonly string[]> {
  const gate: Gate = createGate({ seed, held: true, faults: { before: 0.2, after: 0.2 } });
  const calls = Array.from({ length: 40 }, (_, index) => gate.pass(`call-${index}`));
  await gate.settle();
  await Promise.all(calls);
  return gate.trace;
}
