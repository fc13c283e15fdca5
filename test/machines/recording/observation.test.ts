import { describe, expect, it } from 'vitest';

import { contextOf } from '../../../src/machines/kernel/document.js';
import { compose } from '../../../src/machines/kernel/compose.js';
import { firstStep, nextStep } from '../../../src/machines/kernel/step.js';
import type { EgressObservation, EgressStatus } from '../../../src/machines/ports/egress-gateway.js';
import { isOwn, learn, rises } from '../../../src/machines/recording/machine/observation.js';
import { uidOfPath } from '../../../src/machines/recording/media-key.js';
import type { RecordingContext } from '../../../src/machines/recording/recording.js';
import { ACCEPTED, buildEgress, buildInput, definition, NOON, nanos, observed, ROOM, UID } from './build.js';

describe('uidOfPath', () => {
  it.each([
    [`recordings/${ROOM}--${UID}.mp4`, UID],
    [`/out/a--b--${UID}.mp4`, UID],
    [`${ROOM}--${UID}`, UID],
    [`${ROOM}--${UID.toUpperCase()}.mp4`, undefined],
    [`${ROOM}--${UID}0.mp4`, undefined],
    [`${ROOM}-${UID}.mp4`, undefined],
    ['', undefined],
  ])('finds in the path "%s" the uid %s', (path, expected) => {
    expect(uidOfPath(path)).toBe(expected);
  });
});

describe('an egress', () => {
  const unnamed = buildInput();
  const named = buildInput(ACCEPTED);
  it.each<[string, RecordingContext, Partial<EgressObservation>, boolean]>([
    ['belongs to the recording by its path while the recording has no egress id', unnamed, {}, true],
    ['of another room does not belong to the recording, whatever its path', unnamed, { roomName: 'elsewhere' }, false],
    [
      'with another uid in its path does not belong to the recording',
      unnamed,
      { requestedPath: `recordings/${ROOM}--ffffffffff.mp4` },
      false,
    ],
    ['belongs to the recording by its egress id, whatever its path', named, { requestedPath: '' }, true],
    ['with another egress id does not belong to the recording, whatever its path', named, { egressId: 'EG_2' }, false],
  ])('%s', (_name, recording, fields, expected) => {
    expect(isOwn(recording, buildEgress('ACTIVE', fields))).toBe(expected);
  });
});

describe('a snapshot of an egress', () => {
  const seen = (status: EgressStatus, fields: Partial<RecordingContext> = {}) =>
    buildInput({ ...ACCEPTED, startDate: NOON, observation: { status, updatedAt: nanos(5) }, ...fields });

  it('of the same status and a newer time overwrites the fields', () => {
    const told = learn(seen('ACTIVE'), buildEgress('ACTIVE', { updatedAt: nanos(9), details: 'late' }));
    expect(told).toMatchObject({ details: 'late', observation: { updatedAt: nanos(9) } });
  });

  it('of an earlier status only fills fields that are unknown', () => {
    expect(learn(seen('ENDING', { duration: 56 }), buildEgress('STARTING'))).toEqual({});
    const nameless = buildInput({ observation: { status: 'ENDING', updatedAt: nanos(60) } });
    expect(learn(nameless, buildEgress('STARTING'))).toEqual({ egressId: 'EG_1', roomSid: 'RM_1' });
  });

  it('that differs only by a newer time changes nothing', () => {
    const recording = buildInput({ ...learn(buildInput(), buildEgress('ACTIVE')) });
    expect(learn(recording, buildEgress('ACTIVE', { updatedAt: nanos(9) }))).toEqual({});
  });

  it('keeps the stored value of each member that LiveKit left out', () => {
    const { file: _file, ...bare } = buildEgress('COMPLETE', { roomSid: '' });
    const told = learn(seen('ENDING', { duration: 56, size: 868, startDate: NOON + 4_000 }), bare);
    expect({ ...seen('ENDING', { duration: 56, size: 868 }), ...told }).toMatchObject({
      duration: 56,
      size: 868,
      roomSid: 'RM_1',
    });
  });

  it('is ordered by time as a number, not as text', () => {
    const recording = seen('ACTIVE', { observation: { status: 'ACTIVE', updatedAt: '999999999' } });
    expect(learn(recording, buildEgress('ACTIVE', { updatedAt: '1000000000', details: 'new' }))).toMatchObject({
      details: 'new',
    });
  });

  it('advances a recording only by a higher status, never by a newer time', () => {
    expect(rises(seen('ACTIVE'), buildEgress('ACTIVE', { updatedAt: nanos(99) }))).toBe(false);
    expect(rises(seen('ACTIVE'), buildEgress('ENDING', { updatedAt: nanos(1) }))).toBe(true);
    expect(rises(seen('COMPLETE'), buildEgress('FAILED'))).toBe(false);
  });
});

describe('the webhooks of one egress', () => {
  const stamp = { now: NOON, instance: 'one', nonce: 'n' };

  /** The recording after these snapshots, without the fields that depend on the number of steps. */
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

  it.each(LIVES)('%s, %s, %s … give the same outcome and fields in every order', (...life) => {
    const expected = outcomeOf(life);
    for (const order of permutations(life)) expect(outcomeOf(order), order.join()).toEqual(expected);
  });

  it.each(LIVES)('%s, %s, %s … give the same outcome and fields in every order with one webhook repeated', (...life) => {
    const expected = outcomeOf(life);
    for (const repeated of life) {
      for (const order of permutations([...life, repeated])) expect(outcomeOf(order), order.join()).toEqual(expected);
    }
  });

  it.each(LIVES)('%s, %s, %s … give the same outcome and fields when any of them but the last is lost', (...life) => {
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
  ])('%s, %s … (case %#) give the same top-level state in every order with the last webhook repeated', (...life) => {
    const end = life.at(-1) ?? 'COMPLETE';
    const topOf = (order: EgressStatus[]) => Object.keys(outcomeOf(order).state)[0];
    for (const order of permutations([...life, end])) expect(topOf(order), order.join()).toBe(end.toLowerCase());
  });
});
