import { describe, expect, it } from 'vitest';

import type { EgressStatus } from '../../../src/machines/ports/egress-gateway.js';
import type { StartOutcome, StopOutcome } from '../../../src/machines/ports/egress-gateway.js';
import { CLAIM_MS, findOwn, type StartDuty, startDuty, startEvent } from '../../../src/machines/recording/effects/start-call.js';
import { deathEvent } from '../../../src/machines/recording/effects/stop.js';
import { buildEgress, nanos, NOON, ROOM, UID } from './build.js';

describe('who calls StartEgress', () => {
  const claimant = { instance: 'one', fresh: true, ageMs: 0 };
  it.each<[string, Partial<typeof claimant>, string | undefined, StartDuty]>([
    ['the claimant, at once', {}, undefined, 'call'],
    ['the claimant, at the last moment', { ageMs: CLAIM_MS }, undefined, 'call'],
    ['not the claimant that comes too late', { ageMs: CLAIM_MS + 1 }, undefined, 'refuse'],
    ['not the claimant that was restarted: it looks', { fresh: false }, undefined, 'look'],
    ['not another process: it looks', { instance: 'two' }, undefined, 'look'],
    ['no one looks for an egress that is known', { instance: 'two' }, 'EG_1', 'nothing'],
    ['no one repeats a call whose egress is known', { fresh: false }, 'EG_1', 'nothing'],
  ])('%s', (_name, run, egressId, expected) => {
    const recording = { calledBy: 'one', ...(egressId === undefined ? {} : { egressId }) };
    expect(startDuty(recording, { ...claimant, ...run })).toBe(expected);
  });

  it('no one, for an egress that was running before its record was created', () => {
    expect(startDuty({ egressId: 'EG_1' }, claimant)).toBe('nothing');
  });
});

describe('what the answer to StartEgress means', () => {
  it.each<[string, StartOutcome, object | undefined]>([
    ['accepted', { kind: 'accepted', egress: buildEgress('STARTING') }, { type: 'egress.observed' }],
    ['refused', { kind: 'refused', code: 'livekit', message: 'no' }, { type: 'start.refused', reason: { kind: 'livekit' } }],
    [
      'unreachable',
      { kind: 'refused', code: 'unreachable', message: 'no' },
      { type: 'start.refused', reason: { kind: 'unreachable' } },
    ],
    [
      'a handler that failed: the start is unknown, and is undone',
      { kind: 'handler_failed', message: 'no' },
      { type: 'start.unknown', cancel: true },
    ],
    [
      'no answer: the start is unknown, and is looked for',
      { kind: 'unknown', message: 'no' },
      { type: 'start.unknown', cancel: false },
    ],
    ['no worker: nothing until LiveKit was looked at once', { kind: 'no_capacity', message: 'no' }, undefined],
  ])('%s', (_name, outcome, expected) => {
    const event = startEvent(outcome, NOON);
    if (expected === undefined) expect(event).toBeUndefined();
    else expect(event).toMatchObject({ ...expected, at: NOON, source: 'effect' });
  });
});

describe('what the answer to a stop says about a death', () => {
  it.each<[StopOutcome, string | undefined]>([
    [{ kind: 'stopping', egress: buildEgress('ENDING') }, 'egress.observed'],
    [{ kind: 'not_found' }, 'egress.missing'],
    [{ kind: 'no_answer' }, 'egress.missing'],
    [{ kind: 'already_over' }, undefined],
  ])('$kind', (outcome, expected) => {
    expect(deathEvent(outcome, NOON)?.type).toBe(expected);
  });
});

describe('the egress of a recording among those of its room', () => {
  const own = (egressId: string, status: EgressStatus, second: number) =>
    buildEgress(status, { egressId, updatedAt: nanos(second) });
  const other = buildEgress('ACTIVE', { egressId: 'EG_9', requestedPath: `recordings/${ROOM}--ffffffffff.mp4` });

  it.each([
    ['is none without our uid in a path', [other], undefined],
    ['is the one with our uid in its path', [other, own('EG_1', 'ACTIVE', 5)], 'EG_1'],
    ['is a running one before an ended one', [own('EG_1', 'FAILED', 62), own('EG_2', 'ACTIVE', 5)], 'EG_2'],
    ['is the newest of two that ended', [own('EG_1', 'FAILED', 62), own('EG_2', 'ABORTED', 63)], 'EG_2'],
  ])('%s', (_name, listed, expected) => {
    expect(findOwn(UID, listed)?.egressId).toBe(expected);
  });

  it('is found without reordering the list it was given', () => {
    const listed = Object.freeze([own('EG_1', 'FAILED', 62), own('EG_2', 'ACTIVE', 5)]);
    expect(findOwn(UID, listed)?.egressId).toBe('EG_2');
    expect(listed[0]?.egressId).toBe('EG_1');
  });
});
