import { describe, expect, it } from 'vitest';

import { LiveKitUnavailableError, StoreUnavailableError } from '../../../src/errors.js';
import type { Log } from '../../../src/logging.js';
import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import { createRecordingKeeper } from '../../../src/machines/reconcile/recordings.js';
import { createReconciler } from '../../../src/machines/reconcile/reconciler.js';
import type { RecordingContext, RecordingDocument } from '../../../src/machines/recording/recording.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createTestClock } from '../../support/test-clock.js';
import { ACCEPTED, buildDocument, buildEgress, NOON } from '../recording/build.js';

const UNREADABLE = new LiveKitUnavailableError('cannot be read');
const GONE_MS = 20_000;

/** Two recordings whose egresses LiveKit has forgotten. `done` lists the parts that ran, `dead` the recordings given up. */
function setUp() {
  const clock = createTestClock(NOON);
  const documents = new Map<string, RecordingDocument>();
  for (const uid of ['a', 'b']) {
    const own = { uid, roomId: `room-${uid}`, liveKey: `room-${uid}`, startKey: uid, egressId: `EG_${uid}` };
    const observation = { status: 'ACTIVE' as const, updatedAt: buildEgress('ACTIVE').updatedAt };
    documents.set(uid, buildDocument('active', { ...ACCEPTED, ...own, wasActive: true, observation }));
  }
  /** Ids of the egresses for which LiveKit's answer cannot be read. */
  const unreadable = new Set<string>();
  const failing = new Map<string, Error>();
  const done: string[] = [];
  const warnings: string[] = [];
  const details: string[] = [];
  const dead: string[] = [];

  async function part(name: string): Promise<void> {
    done.push(name);
    const failure = failing.get(name);
    if (failure !== undefined) throw failure;
  }

  const livekit: Partial<LiveKitGateway> = {
    listEgress: async () => (await part('listEgress'), []),
    listRooms: async () => (await part('listRooms'), []),
    listParticipants: async () => [],
    async findEgress(egressId) {
      if (unreadable.has(egressId)) throw UNREADABLE;
      return undefined;
    },
  };
  const supervisor: Partial<Supervisor<RecordingContext, RecordingEvent>> = {
    async send(uid, { type }) {
      if (type === 'egress.missing') dead.push(uid);
      documents.delete(uid);
      return undefined;
    },
  };
  const ignore = () => undefined;
  const log: Log = {
    debug: (_fields, sentence) => details.push(sentence),
    info: ignore,
    error: ignore,
    warn: (_fields, sentence) => warnings.push(sentence),
  };
  const store = createMemoryRecordingStore({ documents });
  const gateway = livekit as LiveKitGateway;
  const reconciler = createReconciler({
    store,
    livekit: gateway,
    recordings: createRecordingKeeper({
      supervisor: supervisor as Supervisor<RecordingContext, RecordingEvent>,
      store,
      livekit: gateway,
      clock,
      log,
      goneMs: GONE_MS,
    }),
    strays: {
      see: async () => (await part('strays.see'), 3),
      recheck: () => part('strays.recheck'),
    },
    meetings: { see: () => part('meetings.see'), recheck: () => part('meetings.recheck') },
    clock,
    log,
    intervalMs: 10_000,
    recheckMs: 2_000,
  });
  return { clock, reconciler, unreadable, failing, done, warnings, details, dead };
}

describe("LiveKit's unreadable answer about an egress", () => {
  it('leaves the recording of that egress undecided, and the other recordings are still decided', async () => {
    const { clock, reconciler, unreadable, details, dead } = setUp();
    unreadable.add('EG_a');
    expect(await reconciler.pass()).toEqual({ live: 2, suspects: 1, foreign: 3, void: false });
    clock.advance(GONE_MS);
    await reconciler.recheck();
    expect(dead).toEqual(['b']);
    expect(details).toEqual(['egress unknown']);
  });

  it('neither proves the death of that egress nor resets the suspicion', async () => {
    const { clock, reconciler, unreadable, dead } = setUp();
    await reconciler.pass();
    unreadable.add('EG_a');
    clock.advance(GONE_MS);
    await reconciler.recheck();
    expect(dead).toEqual(['b']);
    unreadable.clear();
    await reconciler.recheck();
    expect(dead).toEqual(['b', 'a']);
  });
});

describe('a failing part of a pass or recheck', () => {
  it.each(['strays.see', 'meetings.see'])('makes the pass fail after the other parts have run: %s', async (name) => {
    const { reconciler, failing, done } = setUp();
    const failure = new StoreUnavailableError('away');
    failing.set(name, failure);
    await expect(reconciler.pass()).rejects.toBe(failure);
    expect(done).toEqual(['listEgress', 'listRooms', 'strays.see', 'meetings.see']);
  });

  it.each(['listRooms', 'strays.recheck', 'meetings.recheck'])(
    'makes the recheck fail after the other parts have run: %s',
    async (name) => {
      const { reconciler, failing, done } = setUp();
      await reconciler.pass();
      done.length = 0;
      failing.set(name, UNREADABLE);
      await expect(reconciler.recheck()).rejects.toBe(UNREADABLE);
      expect(done).toEqual(['listRooms', 'strays.recheck', 'meetings.recheck']);
    },
  );

  it('is logged when an earlier part has already failed', async () => {
    const { reconciler, failing, warnings } = setUp();
    failing.set('strays.see', UNREADABLE).set('meetings.see', new StoreUnavailableError('away'));
    await expect(reconciler.pass()).rejects.toBe(UNREADABLE);
    expect(warnings).toEqual(['failed too']);
  });

  it('makes the reconciler repeat the pass after a second', async () => {
    const { clock, reconciler, failing, done } = setUp();
    failing.set('strays.see', UNREADABLE);
    reconciler.start();
    await clock.run(1_500);
    expect(done.filter((name) => name === 'meetings.see')).toHaveLength(2);
    const stopped = reconciler.stop();
    await clock.run(0);
    await stopped;
  });
});

it.each(['listEgress', 'listRooms'])('a pass of the reconciler fails when LiveKit cannot be reached: %s', async (name) => {
  const { reconciler, failing, done } = setUp();
  failing.set(name, UNREADABLE);
  await expect(reconciler.pass()).rejects.toBe(UNREADABLE);
  expect(done).not.toContain('meetings.see');
});
