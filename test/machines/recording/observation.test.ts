import { describe, expect, it } from 'vitest';

import { contextOf } from '../../../src/machines/kernel/document.js';
import { compose } from '../../../src/machines/kernel/compose.js';
import { firstStep, nextStep } from '../../../src/machines/kernel/step.js';
import type { EgressObservation, EgressStatus } from '../../../src/machines/ports/egress-gateway.js';
import { isOwn, learn, rises } from '../../../src/machines/recording/machine/observation.js';
import { uidOfPath } from '../../../src/machines/recording/media-key.js';
import type { RecordingContext } from '../../../src/machines/recording/recording.js';
import { ACCEPTED, buildEgress, buildInput, definition, NOON, nanos, observed, ROOM, UID } from './build.js';

describe('the uid in a path', () => {
  it.each([
    [`recordings/${ROOM}--${UID}.mp4`, UID],
    [`/out/a--b--${UID}.mp4`, UID],
    [`${ROOM}--${UID}`, UID],
    [`${ROOM}--${UID.toUpperCase()}.mp4`, undefined],
    [`${ROOM}--${UID}0.mp4`, undefined],
    [`${ROOM}-${UID}.mp4`, undefined],
    ['', undefined],
  ])('%s', (path, expected) => {
    expect(uidOfPath(path)).toBe(expected);
  });
});

describe('whose egress it is', () => {
  const unnamed = buildInput();
  const named = buildInput(ACCEPTED);
  it.each<[string, RecordingContext, Partial<EgressObservation>, boolean]>([
    ['ours by its path while its id is unknown', unnamed, {}, true],
    ['not ours in another room, whatever its path', unnamed, { roomName: 'elsewhere' }, false],
    ['not ours with another uid', unnamed, { requestedPath: `recordings/${ROOM}--ffffffffff.mp4` }, false],
    ['ours by its id', named, { requestedPath: '' }, true],
    ['not ours with another id, whatever its path', named, { egressId: 'EG_2' }, false],
  ])('%s', (_name, recording, fields, expected) => {
    expect(isOwn(recording, buildEgress('ACTIVE', fields))).toBe(expected);
  });
});

describe('what a snapshot adds', () => {
  const seen = (status: EgressStatus, fields: Partial<RecordingContext> = {}) =>
    buildInput({ ...ACCEPTED, startDate: NOON, observation: { status, updatedAt: nanos(5) }, ...fields });

  it('of the same status, a newer one overwrites', () => {
    const told = learn(seen('ACTIVE'), buildEgress('ACTIVE', { updatedAt: nanos(9), details: 'late' }));
    expect(told).toMatchObject({ details: 'late', observation: { updatedAt: nanos(9) } });
  });

  it('an older one only fills what is unknown', () => {
    expect(learn(seen('ENDING', { duration: 56 }), buildEgress('STARTING'))).toEqual({});
    const nameless = buildInput({ observation: { status: 'ENDING', updatedAt: nanos(60) } });
    expect(learn(nameless, buildEgress('STARTING'))).toEqual({ egressId: 'EG_1', roomSid: 'RM_1' });
  });

  it('one that brings nothing but a newer time adds nothing', () => {
    const recording = buildInput({ ...learn(buildInput(), buildEgress('ACTIVE')) });
    expect(learn(recording, buildEgress('ACTIVE', { updatedAt: nanos(9) }))).toEqual({});
  });

  it('members that LiveKit leaves out keep what was there', () => {
    const { file: _file, ...bare } = buildEgress('COMPLETE', { roomSid: '' });
    const told = learn(seen('ENDING', { duration: 56, size: 868, startDate: NOON + 4_000 }), bare);
    expect({ ...seen('ENDING', { duration: 56, size: 868 }), ...told }).toMatchObject({
      duration: 56,
      size: 868,
      roomSid: 'RM_1',
    });
  });

  it('compares times as numbers, however long', () => {
    const recording = seen('ACTIVE', { observation: { status: 'ACTIVE', updatedAt: '999999999' } });
    expect(learn(recording, buildEgress('ACTIVE', { updatedAt: '1000000000', details: 'new' }))).toMatchObject({
      details: 'new',
    });
  });

  it('rises only with the rank, never with the time', () => {
    expect(rises(seen('ACTIVE'), buildEgress('ACTIVE', { updatedAt: nanos(99) }))).toBe(false);
    expect(rises(seen('ACTIVE'), buildEgress('ENDING', { updatedAt: nanos(1) }))).toBe(true);
    expect(rises(seen('COMPLETE'), buildEgress('FAILED'))).toBe(false);
  });
});

describe('webhooks of one life, in any order', () => {
  const stamp = { now: NOON, instance: 'one', nonce: 'n' };

  /** The recording after these snapshots, save what only counts steps. */
  function outcomeOf(statuses: readonly EgressStatus[]) {
    const begun = compose(definition, undefined, firstStep(definition, buildInput()), { type: 'create', source: 'test' }, stamp);
    const ended = statuses.reduce((document, status) => {
      const event = observed(status);
      const step = nextStep(definition, document, event);
      return step.changed ? compose(definition, document, step, event, stamp) : document;
    }, begun);
    const { deadlineCount: _count, endingSince: _since, ...context } = contextOf<RecordingContext>(ended);
    return { state: ended.tally.state, context };
  }

  function permutations<Item>(items: readonly Item[]): Item[][] {
    if (items.length <= 1) return [[...items]];
    return items.flatMap((item, index) =>
      permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
    );
  }

  const LIVES: EgressStatus[][] = [
    ['STARTING', 'ACTIVE', 'ENDING', 'COMPLETE'],
    ['STARTING', 'ACTIVE', 'LIMIT_REACHED'],
    ['STARTING', 'ACTIVE', 'COMPLETE'],
  ];

  it.each(LIVES)('%s … %s: every order gives one outcome and the same fields', (...life) => {
    const expected = outcomeOf(life);
    for (const order of permutations(life)) expect(outcomeOf(order), order.join()).toEqual(expected);
  });

  it.each(LIVES)('%s … %s: so does every order with one of them repeated', (...life) => {
    const expected = outcomeOf(life);
    for (const repeated of life) {
      for (const order of permutations([...life, repeated])) expect(outcomeOf(order), order.join()).toEqual(expected);
    }
  });

  it.each(LIVES)('%s … %s: so does every part of it that keeps the end', (...life) => {
    const expected = outcomeOf(life);
    const end = life.at(-1) ?? 'COMPLETE';
    const before = life.slice(0, -1);
    for (let mask = 0; mask < 2 ** before.length; mask++) {
      const part = [...before.filter((_, index) => (mask & (1 << index)) !== 0), end];
      expect(outcomeOf(part), part.join()).toEqual(expected);
    }
  });

  it.each<EgressStatus[]>([
    ['STARTING', 'ACTIVE', 'ENDING', 'FAILED'],
    ['STARTING', 'ACTIVE', 'FAILED'],
    ['STARTING', 'FAILED'],
    ['STARTING', 'ABORTED'],
  ])('%s … %s: whatever is repeated or comes late, the first level of the outcome stays', (...life) => {
    const end = life.at(-1) ?? 'COMPLETE';
    const topOf = (order: EgressStatus[]) => Object.keys(outcomeOf(order).state)[0];
    for (const order of permutations([...life, end])) expect(topOf(order), order.join()).toBe(end.toLowerCase());
  });
});
