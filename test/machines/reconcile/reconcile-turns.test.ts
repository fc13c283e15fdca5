import { describe, expect, it } from 'vitest';

import { createTurn } from '../../../src/jobs/locks.js';
import { createLogger } from '../../../src/logging.js';
import type { Supervisor } from '../../../src/machines/kernel/supervisor.js';
import { LiveKitUnavailableError } from '../../../src/errors.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import { createRecordingKeeper } from '../../../src/machines/reconcile/recordings.js';
import { createReconciler, type Reconciler } from '../../../src/machines/reconcile/reconciler.js';
import type { RecordingContext, RecordingDocument } from '../../../src/machines/recording/recording.js';
import type { StrayKeeper } from '../../../src/machines/reconcile/strays.js';
import { createGate } from '../../support/gate.js';
import { createMemoryJobLocks } from '../../support/memory/memory-job-locks.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createTestClock } from '../../support/test-clock.js';
import { silentLog } from '../../support/silent-log.js';
import { noMeetings } from '../room/support.js';
import { ACCEPTED, buildDocument, buildEgress, NOON } from '../recording/build.js';

const INTERVAL_MS = 10_000;

/** Instances on one store and one LiveKit. A pass takes a turn, and no other instance makes a pass for the next five seconds. */
function createWorld(recordings = 1) {
  const clock = createTestClock(NOON);
  const gate = createGate();
  const locks = createMemoryJobLocks({ gate, clock });
  const documents = new Map<string, RecordingDocument>();
  for (let index = 0; index < recordings; index += 1) {
    const uid = `u${index}`;
    const observation = { status: 'ACTIVE' as const, updatedAt: buildEgress('ACTIVE').updatedAt };
    const own = { uid, roomId: `r${index}`, liveKey: `r${index}`, startKey: uid, egressId: `EG_${index}` };
    documents.set(uid, buildDocument('active', { ...ACCEPTED, ...own, wasActive: true, observation }));
  }
  const store = createMemoryRecordingStore({ documents });
  const state = { isDead: false, isDown: (_instance: string): boolean => false };
  const passes: { at: number; by: string }[] = [];
  const failures: number[] = [];
  const deaths: { at: number; by: string; uid: string }[] = [];
  const reconcilers: Reconciler[] = [];

  function instance(by: string): Reconciler {
    const egresses = () => (state.isDead ? [] : [...documents.values()].map(listed));
    const livekit: Partial<LiveKitGateway> = {
      async listEgress() {
        if (state.isDown(by)) {
          failures.push(clock.now() - NOON);
          throw new LiveKitUnavailableError('down');
        }
        passes.push({ at: clock.now() - NOON, by });
        return egresses();
      },
      findEgress: async () => undefined,
      listRooms: async () => [],
      listParticipants: async (roomName) => {
        const recorder = egresses().find((egress) => egress.roomName === roomName);
        return recorder === undefined ? [] : [{ identity: recorder.egressId, isSomebody: false }];
      },
    };
    const supervisor: Partial<Supervisor<RecordingContext, RecordingEvent>> = {
      async send(uid, { type }) {
        if (type !== 'egress.missing') return undefined;
        deaths.push({ at: clock.now() - NOON, by, uid });
        documents.delete(uid);
        return undefined;
      },
    };
    const strays: StrayKeeper = { see: async () => 0, recheck: async () => undefined };
    const log = createLogger({ level: 'silent', name: 'test' });
    const gateway = livekit as LiveKitGateway;
    const reconciler = createReconciler({
      store,
      livekit: gateway,
      recordings: createRecordingKeeper({
        supervisor: supervisor as Supervisor<RecordingContext, RecordingEvent>,
        store,
        livekit: gateway,
        clock,
        log: silentLog,
        goneMs: 20_000,
      }),
      strays,
      meetings: noMeetings,
      clock,
      log: silentLog,
      intervalMs: INTERVAL_MS,
      recheckMs: 2_000,
      mayPass: createTurn('pass', { locks, ttlMs: INTERVAL_MS / 2, log }),
    });
    reconcilers.push(reconciler);
    return reconciler;
  }

  /** The longest time between two passes of any instances, from `from` until now. */
  function longestGapMs(from = 0): number {
    const times = [from, ...passes.map(({ at }) => at).filter((at) => at >= from), clock.now() - NOON];
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)));
  }

  async function close(): Promise<void> {
    const stopping = Promise.all(reconcilers.map((each) => each.stop()));
    await clock.run(0);
    await stopping;
  }
  return { clock, gate, state, passes, failures, deaths, instance, longestGapMs, close };
}

function listed({ egressId = '', roomId }: RecordingDocument) {
  return { ...buildEgress('ACTIVE'), egressId, roomName: roomId };
}

it('a pass that fails is repeated after 1, 2, 4 and 8 s, then every interval, and after one that succeeds after 1 s again', async () => {
  const world = createWorld();
  world.state.isDown = () => true;
  world.instance('one').start();
  await world.clock.run(40_000);
  world.state.isDown = () => false;
  await world.clock.run(10_000);
  world.state.isDown = () => true;
  await world.clock.run(11_000);
  expect(world.failures).toEqual([0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000, 55_000, 56_000, 58_000]);
  expect(world.passes.map(({ at }) => at)).toEqual([45_000]);
  await world.close();
});

describe('several reconciling instances', () => {
  it.each([1, 2_000, 4_999, 5_000, 7_500, 9_999])(
    'started %i ms apart make their passes at least 5 s and at most 10 s apart',
    async (apartMs) => {
      const world = createWorld();
      world.instance('one').start();
      await world.clock.run(apartMs);
      world.instance('two').start();
      await world.clock.run(600_000);
      const later = world.passes.filter(({ at }) => at > 20_000).map(({ at }) => at);
      for (const [index, at] of later.slice(1).entries())
        expect(at - (later[index] ?? 0)).toBeGreaterThanOrEqual(INTERVAL_MS / 2);
      expect(world.longestGapMs()).toBeLessThanOrEqual(INTERVAL_MS);
      await world.close();
    },
  );

  it('each make a pass at their start, whichever has the turn', async () => {
    const world = createWorld();
    for (const name of ['one', 'two', 'three']) world.instance(name).start();
    await world.clock.run(0);
    expect(world.passes.map(({ by }) => by)).toEqual(['one', 'two', 'three']);
    await world.close();
  });

  it('can be stopped before their first pass', async () => {
    const world = createWorld();
    const one = world.instance('one');
    one.start();
    const stopping = one.stop();
    await world.clock.run(60_000);
    await stopping;
    expect(world.passes).toHaveLength(0);
    expect(world.clock.pending()).toBe(0);
  });

  it('never let more than 10 s pass without a pass when one of them dies', async () => {
    const world = createWorld();
    const one = world.instance('one');
    one.start();
    await world.clock.run(4_999);
    world.instance('two').start();
    await world.clock.run(45_001);
    const stopping = one.stop();
    await world.clock.run(60_000);
    await stopping;
    expect(world.longestGapMs(40_000)).toBeLessThanOrEqual(INTERVAL_MS);
    await world.close();
  });

  it('all make their passes while the lock store cannot be reached', async () => {
    const world = createWorld();
    for (const name of ['one', 'two']) world.instance(name).start();
    await world.clock.run(1_000);
    for (let count = 0; count < 1_000; count += 1) world.gate.failNext('jobLocks', 'fail_before');
    await world.clock.run(3 * INTERVAL_MS);
    const counted = (name: string) => world.passes.filter(({ by }) => by === name).length;
    expect([counted('one'), counted('two')]).toEqual([4, 4]);
    await world.close();
  });

  it('prove the death of an egress within 32 s although their passes alternate', async () => {
    const world = createWorld();
    for (const name of ['one', 'two', 'three']) {
      world.instance(name).start();
      await world.clock.run(3_100);
    }
    await world.clock.run(100_000);
    world.state.isDead = true;
    const diedAt = world.clock.now() - NOON;
    await world.clock.run(60_000);
    // Up to one interval until the next pass, 20 s between the two looks, and up to 2 s until the next recheck.
    expect((world.deaths[0]?.at ?? Infinity) - diedAt).toBeLessThanOrEqual(INTERVAL_MS + 20_000 + 2_000);
    await world.close();
  });

  it('prove the death of 20 egresses within 62 s, because each instance counts its unreliable lists alone', async () => {
    const world = createWorld(20);
    for (const name of ['one', 'two', 'three']) {
      world.instance(name).start();
      await world.clock.run(3_100);
    }
    await world.clock.run(100_000);
    world.state.isDead = true;
    const diedAt = world.clock.now() - NOON;
    await world.clock.run(120_000);
    expect(new Set(world.deaths.map(({ uid }) => uid)).size).toBe(20);
    // Up to one interval until the first pass, three ignored passes, then the 20 s and 2 s of the proof.
    const last = Math.max(...world.deaths.map(({ at }) => at));
    expect(last - diedAt).toBeLessThanOrEqual(4 * INTERVAL_MS + 20_000 + 2_000);
    await world.close();
  });

  it('never let more than 15 s pass without a pass when one of them cannot reach LiveKit', async () => {
    const world = createWorld();
    world.instance('one').start();
    await world.clock.run(100);
    world.instance('two').start();
    await world.clock.run(50_000);
    world.state.isDown = (by) => by === 'one';
    await world.clock.run(60_000);
    // The instance that cannot reach LiveKit takes some turns without a successful pass.
    expect(world.longestGapMs(50_000)).toBeLessThanOrEqual(1.5 * INTERVAL_MS);
    await world.close();
  });
});
