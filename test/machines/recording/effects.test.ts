import { describe, expect, it } from 'vitest';

import type { EffectParams } from '../../../src/machines/kernel/document.js';
import type { EffectRun } from '../../../src/machines/kernel/definition.js';
import { compose } from '../../../src/machines/kernel/compose.js';
import { firstStep, nextStep } from '../../../src/machines/kernel/step.js';
import { defineRecording } from '../../../src/machines/recording/machine/definition.js';
import { createRecordingEffects } from '../../../src/machines/recording/effects/effects.js';
import type { RecordingEffectPorts } from '../../../src/machines/recording/effects/handler.js';
import type { EgressStatus } from '../../../src/machines/ports/egress-gateway.js';
import type { RecordingContext, RecordingDocument } from '../../../src/machines/recording/recording.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import type { StopOutcome } from '../../../src/machines/ports/egress-gateway.js';
import { createFileReports } from '../../../src/observability/file-reports.js';
import { createMemoryMedia } from '../../support/memory/memory-media.js';
import { createMemoryRoomLocks } from '../../support/memory/memory-room-locks.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildDocument, buildEgress, buildInput, definition, NOON, observed, timing } from './build.js';
import { EVENTS, SITUATIONS } from './situations.js';

const known = <Value>(table: Readonly<Record<string, Value>>, name: string): Value => {
  const value = table[name];
  if (value === undefined) throw new Error(name);
  return value;
};

function portsWith(fields: Partial<RecordingEffectPorts>): RecordingEffectPorts {
  return {
    livekit: {} as LiveKitGateway,
    locks: createMemoryRoomLocks(),
    media: createMemoryMedia(),
    files: createFileReports(silentLog),
    notifications: { append: async () => undefined },
    clock: createTestClock(NOON),
    instance: 'one',
    lockTtlMs: 1,
    confirmMs: 1,
    ...fields,
  };
}

function runOf(document: RecordingDocument, name: string, params: EffectParams): EffectRun<RecordingContext> {
  const effect = { key: name, name, params, since: 1, attempts: 0, notBefore: 0, leaseUntil: 0, leasedBy: 'one' };
  return { key: document.uid, document, effect, attempt: 1, fresh: true, ageMs: 0, signal: new AbortController().signal };
}

async function confirmDeath(situation: string, outcome: StopOutcome, listed: EgressStatus | undefined) {
  const livekit: Partial<LiveKitGateway> = {
    stopEgress: async () => outcome,
    findEgress: async () => (listed === undefined ? undefined : buildEgress(listed)),
  };
  const effects = createRecordingEffects(portsWith({ livekit: livekit as LiveKitGateway }));
  const event = await effects.confirmDeath(runOf(known(SITUATIONS, situation), 'confirmDeath', { egressId: 'EG_1' }));
  return event?.type === 'egress.observed' ? event.egress.status : event?.type;
}

describe('the StopEgress call that confirms the death of an egress', () => {
  it.each<[string, string, StopOutcome, EgressStatus | undefined, string]>([
    [
      'concludes death when there is no answer and LiveKit shows no change',
      'active',
      { kind: 'no_answer' },
      'ACTIVE',
      'egress.missing',
    ],
    [
      'concludes life when there is no answer but LiveKit shows a newer status',
      'cancelling',
      { kind: 'no_answer' },
      'ACTIVE',
      'ACTIVE',
    ],
    ['concludes death when LiveKit does not know the egress', 'active', { kind: 'not_found' }, undefined, 'egress.missing'],
    [
      'concludes life when the egress answers',
      'active',
      { kind: 'stopping', egress: buildEgress('ENDING') },
      undefined,
      'ENDING',
    ],
    ['observes the egress once more when it is already over', 'active', { kind: 'already_over' }, 'COMPLETE', 'COMPLETE'],
    [
      'concludes death when the egress is over and LiveKit no longer lists it',
      'active',
      { kind: 'already_over' },
      undefined,
      'egress.missing',
    ],
  ])('%s', async (_name, situation, outcome, listed, expected) => {
    expect(await confirmDeath(situation, outcome, listed)).toBe(expected);
  });

  it('is withdrawn when the egress of a start that is being cancelled becomes ACTIVE', () => {
    const step = nextStep(definition, known(SITUATIONS, 'cancelling'), observed('ACTIVE'));
    expect(step.named).toContainEqual({ withdraw: ['confirmDeath'] });
  });
});

describe('the room lock of a start', () => {
  it.each([undefined, 5_000])('is extended after the configured extendLockAfterMs: %s', (extendLockAfterMs) => {
    const rested = defineRecording(timing, extendLockAfterMs === undefined ? {} : { extendLockAfterMs });
    const stamp = { now: NOON, instance: 'one', nonce: 'one:1' };
    const begun = firstStep(rested, buildInput());
    const { tally } = compose(rested, undefined, begun, { type: 'create', source: 'test' }, stamp);
    const extension = tally.effects.find(({ name }) => name === 'extendRoomLock');
    expect(extension?.notBefore).toBe(NOON + (extendLockAfterMs ?? 0));
  });
});

describe('the egress of a start that LiveKit did not answer', () => {
  const lookAt = (seconds: number) => {
    const clock = createTestClock(NOON);
    clock.advance(seconds * 1_000);
    const livekit: Partial<LiveKitGateway> = { listEgress: async () => [] };
    const { findEgress } = createRecordingEffects(portsWith({ clock, livekit: livekit as LiveKitGateway }));
    return findEgress(runOf(known(SITUATIONS, 'requesting'), 'findEgress', {}));
  };

  it('is searched for until 35 s after the claim, then the start is refused as lost', async () => {
    await expect(lookAt(34)).rejects.toThrow('may still be taken');
    expect(await lookAt(35)).toMatchObject({ type: 'start.refused', reason: { kind: 'lost' } });
  });

  it('is not given up when it became known before the result of the search was saved', async () => {
    const given = await lookAt(35);
    for (const state of ['awaiting', 'active', 'ending', 'complete']) {
      expect(given && nextStep(definition, known(SITUATIONS, state), given).changed).toBe(false);
    }
  });
});

describe('the file of a failed start or a deleted recording', () => {
  const removal = (situation: string, event: string) =>
    nextStep(definition, known(SITUATIONS, situation), known(EVENTS, event)).named.find(
      (item) => 'name' in item && item.name === 'removeMedia',
    );

  it('is removed once when LiveKit has reported the end of its egress', () => {
    expect(removal('complete', 'delete')).toMatchObject({ params: { mediaKey: buildInput().mediaKey } });
    expect(removal('complete', 'delete')).not.toMatchObject({ params: { again: true } });
  });

  it('is removed repeatedly for a day while its egress may still deliver it', () => {
    expect(removal('failed.rescuable', 'delete')).toMatchObject({ params: { again: true } });
    expect(removal('cancelling, unnamed', 'egress.missing')).toMatchObject({ params: { again: true } });
  });

  it('is removed once when LiveKit refused the start', () => {
    expect(removal('requesting', 'start.refused')).not.toMatchObject({ params: { again: true } });
  });

  it('is removed also when the egress delivers it after the first removal', async () => {
    const media = createMemoryMedia();
    const clock = createTestClock(NOON);
    const document = buildDocument('deleted', { deletedAt: NOON });
    const params = { mediaKey: document.mediaKey, again: true };
    const { removeMedia } = createRecordingEffects(portsWith({ media, clock }));
    await expect(removeMedia(runOf(document, 'removeMedia', params))).rejects.toThrow('may still deliver');
    media.write(document.mediaKey, new Uint8Array([1]));
    clock.advance(24 * 3_600_000);
    await removeMedia(runOf(document, 'removeMedia', params));
    expect(media.keys()).toEqual([]);
  });
});

describe('the file of a complete recording', () => {
  const MINUTE_MS = 60_000;

  /** Looks for the file when the recording has been settled for a time. */
  function setUp(fields: Partial<RecordingContext> = {}) {
    const reports: unknown[] = [];
    const files: RecordingEffectPorts['files'] = {
      undelivered: ({ uid }, paths) => void reports.push({ uid, ...paths }),
      settled: (uid) => void reports.push(uid),
    };
    const media = { ...createMemoryMedia(), pathOf: (key: string) => `/srv/${key}`, egressPath: (key: string) => `/out/${key}` };
    const document = buildDocument('complete', { settledAt: NOON, size: 3, ...fields });
    const look = (ageMs: number, attempt = 1) => {
      const { verifyMedia } = createRecordingEffects(portsWith({ media, files, clock: createTestClock(NOON + ageMs) }));
      return verifyMedia({ ...runOf(document, 'verifyMedia', {}), attempt }).catch((error: unknown) => error);
    };
    return { reports, media, document, look, key: document.mediaKey };
  }

  it('is reported as undelivered when Tally does not find it after a minute', async () => {
    const { reports, look, document, key } = setUp();
    await look(MINUTE_MS - 1);
    expect(reports).toEqual([]);
    await look(MINUTE_MS);
    expect(reports).toEqual([{ uid: document.uid, tally: `/srv/${key}`, egress: `/out/${key}` }]);
  });

  it('is reported as settled when it is found', async () => {
    const { reports, media, look, document, key } = setUp();
    media.write(key, new Uint8Array(3));
    expect(await look(MINUTE_MS)).toMatchObject({ type: 'media.found' });
    expect(reports).toEqual([document.uid]);
  });

  it('is not reported as undelivered when LiveKit gave no size, or when a part of it is there', async () => {
    const sizeless = setUp({ size: 0 });
    await sizeless.look(MINUTE_MS);
    expect(sizeless.reports).toEqual([]);
    const partial = setUp();
    partial.media.write(partial.key, new Uint8Array(2));
    await partial.look(MINUTE_MS);
    expect(partial.reports).toEqual([]);
  });

  it.each([
    [0, 1_000],
    [1_500, 1_000],
    [MINUTE_MS, MINUTE_MS / 2],
    [10 * MINUTE_MS, 5 * MINUTE_MS],
    [12 * 60 * MINUTE_MS, 60 * MINUTE_MS],
  ])(
    'is looked for again, %i ms after the end, in %i ms, however many attempts an outage has failed',
    async (ageMs, retryInMs) => {
      const { look } = setUp();
      expect(await look(ageMs, 1)).toMatchObject({ retryInMs });
      expect(await look(ageMs, 40)).toMatchObject({ retryInMs });
    },
  );

  it('is given up after a day', async () => {
    expect(await setUp().look(24 * 60 * MINUTE_MS)).toMatchObject({ type: 'media.absent' });
  });
});

describe('a room whose meeting is over', () => {
  const finished = known(EVENTS, 'room.finished');
  const ending = known(EVENTS, 'observed ENDING');

  it.each(['cancelling', 'active', 'ending'])(
    'is freed by a recording in state %s once its egress is ENDING, in either order of events',
    (state) => {
      const begun = known(SITUATIONS, state);
      for (const [first, second] of [
        [finished, ending],
        [ending, finished],
      ] as const) {
        const before = nextStep(definition, begun, first);
        const after = nextStep(definition, { ...before.context, tally: { ...begun.tally, state: before.state } }, second);
        expect(before.context.liveKey).toBe(begun.roomId);
        expect(after.context.liveKey).toBe(begun.uid);
        expect(after.named).toContainEqual({ name: 'releaseRoomLock', params: { value: 'lock-1' } });
      }
    },
  );
});

it('a recording whose file was found ignores a later media.absent', () => {
  const complete = { ...known(SITUATIONS, 'complete'), media: 'complete' as const };
  expect(nextStep(definition, complete, known(EVENTS, 'media.absent')).changed).toBe(false);
});
