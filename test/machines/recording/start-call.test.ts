import { describe, expect, it } from 'vitest';

import type { EgressStatus } from '../../../src/machines/ports/egress-gateway.js';
import type { StartOutcome, StopOutcome } from '../../../src/machines/ports/egress-gateway.js';
import { CLAIM_MS, findOwn, type StartDuty, startDuty, startEvent } from '../../../src/machines/recording/effects/start-call.js';
import { deathEvent } from '../../../src/machines/recording/effects/stop.js';
import { buildEgress, nanos, NOON, ROOM, UID } from './build.js';

describe('the effect that starts an egress', () => {
  const claimant = { instance: 'one', fresh: true, ageMs: 0 };
  it.each<[string, Partial<typeof claimant>, string | undefined, StartDuty]>([
    ['calls StartEgress in the instance that claimed the room, at once', {}, undefined, 'call'],
    ['calls StartEgress in the instance that claimed the room, at the last moment', { ageMs: CLAIM_MS }, undefined, 'call'],
    ['refuses the start when the claim is too old', { ageMs: CLAIM_MS + 1 }, undefined, 'refuse'],
    ['only looks for the egress when the instance was restarted', { fresh: false }, undefined, 'look'],
    ['only looks for the egress in another instance than the one that claimed the room', { instance: 'two' }, undefined, 'look'],
    ['does nothing in another instance when the egress id is known', { instance: 'two' }, 'EG_1', 'nothing'],
    ['does nothing after a restart when the egress id is known', { fresh: false }, 'EG_1', 'nothing'],
  ])('%s', (_name, run, egressId, expected) => {
    const recording = { calledBy: 'one', ...(egressId === undefined ? {} : { egressId }) };
    expect(startDuty(recording, { ...claimant, ...run })).toBe(expected);
  });

  it('does nothing for a record that was created for a running egress', () => {
    expect(startDuty({ egressId: 'EG_1' }, claimant)).toBe('nothing');
  });
});

describe("LiveKit's answer to StartEgress", () => {
  it.each<[string, StartOutcome, object | undefined]>([
    ['accepted gives an observation', { kind: 'accepted', egress: buildEgress('STARTING') }, { type: 'egress.observed' }],
    [
      'refused gives start.refused with the reason livekit',
      { kind: 'refused', code: 'livekit', message: 'no' },
      { type: 'start.refused', reason: { kind: 'refused' } },
    ],
    [
      'unreachable gives start.refused with the reason unreachable',
      { kind: 'refused', code: 'unreachable', message: 'no' },
      { type: 'start.refused', reason: { kind: 'unreachable' } },
    ],
    [
      'handler_failed gives start.unknown, and the start is cancelled',
      { kind: 'handler_failed', message: 'no' },
      { type: 'start.unknown', cancel: true },
    ],
    [
      'unknown gives start.unknown, and the egress is searched for',
      { kind: 'unknown', message: 'no' },
      { type: 'start.unknown', cancel: false },
    ],
    ['no_capacity gives no event before LiveKit was searched for the egress', { kind: 'no_capacity', message: 'no' }, undefined],
  ])('%s', (_name, outcome, expected) => {
    const event = startEvent(outcome, NOON);
    if (expected === undefined) expect(event).toBeUndefined();
    else expect(event).toMatchObject({ ...expected, at: NOON, source: 'effect' });
  });
});

describe("LiveKit's answer to StopEgress", () => {
  it.each<[StopOutcome, string | undefined]>([
    [{ kind: 'stopping', egress: buildEgress('ENDING') }, 'egress.observed'],
    [{ kind: 'not_found' }, 'egress.missing'],
    [{ kind: 'no_answer' }, 'egress.missing'],
    [{ kind: 'already_over' }, undefined],
  ])('$kind gives the event that confirms or refutes the death of the egress, if any', (outcome, expected) => {
    expect(deathEvent(outcome, NOON)?.type).toBe(expected);
  });
});

describe('findOwn', () => {
  const own = (egressId: string, status: EgressStatus, second: number) =>
    buildEgress(status, { egressId, updatedAt: nanos(second) });
  const other = buildEgress('ACTIVE', { egressId: 'EG_9', requestedPath: `recordings/${ROOM}--ffffffffff.mp4` });

  it.each([
    ['finds none when no path contains the uid of the recording', [other], undefined],
    ['finds the egress with the uid of the recording in its path', [other, own('EG_1', 'ACTIVE', 5)], 'EG_1'],
    ['prefers a running egress to an ended one', [own('EG_1', 'FAILED', 62), own('EG_2', 'ACTIVE', 5)], 'EG_2'],
    ['finds the newest of two ended egresses', [own('EG_1', 'FAILED', 62), own('EG_2', 'ABORTED', 63)], 'EG_2'],
  ])('%s', (_name, listed, expected) => {
    expect(findOwn(UID, listed)?.egressId).toBe(expected);
  });

  it('does not reorder the list', () => {
    const listed = Object.freeze([own('EG_1', 'FAILED', 62), own('EG_2', 'ACTIVE', 5)]);
    expect(findOwn(UID, listed)?.egressId).toBe('EG_2');
    expect(listed[0]?.egressId).toBe('EG_1');
  });
});
