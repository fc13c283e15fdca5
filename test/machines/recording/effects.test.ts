import { describe, expect, it } from 'vitest';

import { createHost } from '../../../src/machines/kernel/host.js';
import { createRecordingEffects } from '../../../src/machines/recording/effects.js';
import type { EgressStatus } from '../../../src/machines/recording/events.js';
import type { LiveKitGateway, StopOutcome } from '../../../src/machines/recording/ports.js';
import { createMemoryMedia } from '../../support/memory-media.js';
import { createMemoryRoomLocks } from '../../support/memory-room-locks.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildEgress, definition, NOON, observed } from './build.js';
import { EVENTS, SITUATIONS } from './situations.js';

const host = createHost(definition);
const known = <Value>(table: Readonly<Record<string, Value>>, name: string): Value => {
  const value = table[name];
  if (value === undefined) throw new Error(name);
  return value;
};

async function confirmDeath(situation: string, outcome: StopOutcome, listed: EgressStatus | undefined) {
  const livekit: Partial<LiveKitGateway> = {
    stopEgress: async () => outcome,
    findEgress: async () => (listed === undefined ? undefined : buildEgress(listed)),
  };
  const effects = createRecordingEffects({
    livekit: livekit as LiveKitGateway,
    locks: createMemoryRoomLocks(),
    media: createMemoryMedia(),
    notifications: { append: async () => undefined },
    clock: createTestClock(NOON),
    instance: 'one',
    lockTtlMs: 1,
    confirmMs: 1,
  });
  const document = known(SITUATIONS, situation);
  const effect = {
    key: 'confirmDeath',
    name: 'confirmDeath',
    params: { egressId: 'EG_1' },
    since: 1,
    attempts: 0,
    notBefore: 0,
    leaseUntil: 0,
    leasedBy: 'one',
  };
  const event = await effects.confirmDeath({
    key: document.uid,
    document,
    effect,
    attempt: 1,
    fresh: true,
    ageMs: 0,
    signal: new AbortController().signal,
  });
  return event?.type === 'egress.observed' ? event.egress.status : event?.type;
}

describe('the stop that proves a death', () => {
  it.each<[string, string, StopOutcome, EgressStatus | undefined, string]>([
    ['silence about an egress that stands still is its end', 'active', { kind: 'no_answer' }, 'ACTIVE', 'egress.missing'],
    [
      'silence about one that went on since means that the stop got lost',
      'cancelling',
      { kind: 'no_answer' },
      'ACTIVE',
      'ACTIVE',
    ],
    ['an unknown id is its end', 'active', { kind: 'not_found' }, undefined, 'egress.missing'],
    ['an answer keeps it', 'active', { kind: 'stopping', egress: buildEgress('ENDING') }, undefined, 'ENDING'],
    ['an egress that is over tells how', 'active', { kind: 'already_over' }, 'COMPLETE', 'COMPLETE'],
    ['an egress that is over and forgotten is its end', 'active', { kind: 'already_over' }, undefined, 'egress.missing'],
  ])('%s', async (_name, situation, outcome, listed, expected) => {
    expect(await confirmDeath(situation, outcome, listed)).toBe(expected);
  });

  it('is called off when the egress of an undone start begins to record', () => {
    const step = host.step(known(SITUATIONS, 'cancelling'), observed('ACTIVE'));
    expect(step.named).toContainEqual({ withdraw: ['confirmDeath'] });
  });
});

it('keeps a file that was found when an older answer says that there was none', () => {
  const complete = { ...known(SITUATIONS, 'complete'), media: 'complete' as const };
  expect(host.step(complete, known(EVENTS, 'media.absent')).changed).toBe(false);
});
