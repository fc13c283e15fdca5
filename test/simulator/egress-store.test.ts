import { EgressStatus, RoomCompositeEgressRequest } from '@livekit/protocol';
import { afterEach, expect, it, vi } from 'vitest';
import { readJob } from '../../src/simulator/egress/egress-job.js';
import { createEgressStore } from '../../src/simulator/egress/egress-store.js';
import { createEgress, type Egress } from '../../src/simulator/egress/egress.js';
import { createLiveStage, fileOutput, refusal } from './support.js';

const DAY_MS = 24 * 3_600_000;
const ROOM = { sid: 'RM_1', name: 'r' };

afterEach(() => vi.useRealTimers());

/** An egress of room `r` that ended at this instant, or never did. */
function createRun(id: string, endedAt?: number): { egress: Egress } {
  const job = readJob({
    case: 'roomComposite',
    value: new RoomCompositeEgressRequest({ roomName: 'r', fileOutputs: [{ filepath: 'x' }] }),
  });
  const egress = createEgress(id, job, ROOM, 0);
  if (endedAt !== undefined) egress.change(endedAt, (info) => (info.status = EgressStatus.EGRESS_COMPLETE));
  return { egress };
}

it('forgets what ended long ago and nothing else, but never what happened', () => {
  const store = createEgressStore();
  for (const run of [createRun('EG_old', 1), createRun('EG_live'), createRun('EG_new', 3)]) {
    store.add(run);
    store.touch(run);
  }
  store.forget(({ egress }) => (egress.overSince ?? 0) <= 2);
  const ids = (runs: Iterable<{ egress: Egress }>) => Array.from(runs, ({ egress }) => egress.id);
  expect([ids(store.all()), ids(store.ofRoom('r')), ids(store.active())]).toEqual([
    ['EG_live', 'EG_new'],
    ['EG_live', 'EG_new'],
    ['EG_live'],
  ]);
  expect(store.get('EG_old')).toBeUndefined();
  expect(store.truths().map(({ egressId }) => egressId)).toEqual(['EG_old', 'EG_live', 'EG_new']);
});

it('is asked to, a day after an end', async () => {
  const { egress, simulator, sink } = await createLiveStage();
  const { egressId } = await egress.startRoomCompositeEgress('r', fileOutput('x'));
  await sink.event('egress_updated', EgressStatus.EGRESS_ACTIVE);
  await egress.stopEgress(egressId);
  await sink.event('egress_ended');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + DAY_MS });
  expect(await refusal(egress.listEgress({ egressId }))).toMatchObject({ status: 404 });
  const second = await egress.startRoomCompositeEgress('r', fileOutput('y'));
  expect((await egress.listEgress()).map((info) => info.egressId)).toEqual([second.egressId]);
  // It is gone, and not only hidden for its age.
  vi.useRealTimers();
  expect(await refusal(egress.listEgress({ egressId }))).toMatchObject({ status: 404 });
  expect(simulator.egresses()).toMatchObject([{ egressId, endedBy: 'stop' }, { egressId: second.egressId }]);
});
