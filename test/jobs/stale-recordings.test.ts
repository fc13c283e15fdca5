import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LiveKitUnavailableError } from '../../src/errors.js';
import { stopStaleRecordings } from '../../src/jobs/stale-recordings.job.js';
import type { Supervisor } from '../../src/machines/kernel/supervisor.js';
import type { EgressObservation } from '../../src/machines/ports/egress-gateway.js';
import type { RecordingEvent } from '../../src/machines/recording/events.js';
import type { LiveKitGateway } from '../../src/machines/ports/livekit-gateway.js';
import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import type { RoomPresence } from '../../src/machines/ports/room-gateway.js';
import { type RecordingContext, statusOf } from '../../src/machines/recording/recording.js';
import { openLmdb } from '../support/stores/open-stores.js';
import { buildRecording, buildSettled, nextOf } from '../contracts/documents.js';
import { definition } from '../machines/recording/build.js';
import { createDataFolder } from '../support/stores/data-folder.js';
import { createMemoryRecordingStore } from '../support/memory/memory-recording-store.js';
import { silentLog } from '../support/silent-log.js';
import { supervise } from '../support/apps/supervise.js';
import { createTestClock, type TestClock } from '../support/test-clock.js';

const STALE_AFTER_MS = 300_000;
const GONE_MS = 20_000;
const PERSON: RoomPresence = { identity: 'ada', isSomebody: true };

const STORES: Record<string, () => Promise<{ store: RecordingStore; dispose?: () => Promise<void> }>> = {
  memory: async () => ({ store: createMemoryRecordingStore() }),
  async LMDB() {
    const folder = await createDataFolder();
    const lmdb = await openLmdb({ dataDir: folder.path });
    return {
      store: lmdb.recordings,
      async dispose() {
        await lmdb.close();
        await folder.remove();
      },
    };
  },
};

describe.each(Object.entries(STORES))('the job that stops stale recordings, on %s', (_name, open) => {
  let clock: TestClock;
  let store: RecordingStore;
  let dispose: (() => Promise<void>) | undefined;
  let supervisor: Supervisor<RecordingContext, RecordingEvent>;
  /** The names of the effects that ran. */
  let ran: string[];
  let egresses: Map<string, EgressObservation>;
  /** The participants by room. LiveKit does not list a room that is missing here. */
  let present: Map<string, RoomPresence[] | 'no answer'>;

  beforeEach(async () => {
    clock = createTestClock();
    ({ store, dispose } = await open());
    ran = [];
    egresses = new Map();
    present = new Map();
    supervisor = supervise({
      definition,
      handlers: Object.fromEntries(
        Object.keys(definition.effects).map((name) => [
          name,
          async () => {
            ran.push(name);
            return undefined;
          },
        ]),
      ),
      store,
      clock,
    });
  });
  afterEach(async () => {
    await supervisor.stop(0);
    await dispose?.();
  });

  const livekit: Pick<LiveKitGateway, 'listEgress' | 'findEgress' | 'listParticipants' | 'listRooms'> = {
    listEgress: async () => [...egresses.values()].filter(({ status }) => status !== 'COMPLETE'),
    findEgress: async (egressId) => egresses.get(egressId),
    async listParticipants(roomName) {
      const people = present.get(roomName) ?? [];
      if (people === 'no answer') throw new LiveKitUnavailableError('it is away');
      return people;
    },
    listRooms: async (names = []) =>
      names
        .filter((name) => present.has(name))
        .map((name) => ({ name, sid: 'RM_1', metadata: '', participants: 1, activeRecording: true })),
  };

  /** Makes LiveKit list an egress of this recording, whose status changed `ageMs` ago. */
  function show(uid: string, ageMs: number, fields: Partial<EgressObservation> = {}): void {
    const roomName = `room-of-${uid}`;
    const egress: EgressObservation = {
      egressId: `EG_${uid}`,
      roomName,
      roomSid: 'RM_1',
      status: 'ACTIVE',
      updatedAt: `${String(clock.now() - ageMs)}000000`,
      requestedPath: `recordings/${roomName}/${roomName}--${uid}.mp4`,
      ...fields,
    };
    egresses.set(egress.egressId, egress);
  }
  const recorderOf = (uid: string): RoomPresence => ({ identity: `EG_${uid}`, isSomebody: false });
  const uidAt = (index: number) => index.toString(16).padStart(10, '0');
  const ONE = uidAt(1);

  async function addActive(uid: string): Promise<void> {
    await store.create(uid, buildRecording(uid, { observation: { status: 'ACTIVE', updatedAt: '1' } }));
  }
  const statusIn = async (uid: string) => {
    const recording = await store.load(uid);
    return recording === undefined ? undefined : statusOf(recording);
  };

  function begin(signal = new AbortController().signal) {
    return stopStaleRecordings(
      { supervisor, store, livekit, clock, log: silentLog, staleAfterMs: STALE_AFTER_MS, goneMs: GONE_MS },
      signal,
    );
  }
  /** Runs the job, and advances the clock by the time between its two looks. */
  async function sweep(meanwhile: () => unknown = () => undefined) {
    const counts = begin();
    let isOver = false;
    void counts.finally(() => (isOver = true));
    while (!isOver && clock.pending() === 0) await clock.run(0);
    await meanwhile();
    await clock.run(GONE_MS);
    return counts;
  }

  it('counts an aborted recording and does not touch it', async () => {
    await store.create(ONE, buildSettled(ONE, { tally: { state: { aborted: 'rescuable' } } }));
    show(ONE, 10 * STALE_AFTER_MS);
    expect(await sweep()).toEqual({ aborted: 1 });
  });

  it('leaves the egress of a settled recording to the reconciler', async () => {
    await store.create(ONE, buildSettled(ONE));
    show(ONE, 10 * STALE_AFTER_MS);
    expect(await sweep()).toEqual({ settled: 1 });
  });

  it('keeps an egress without an update time', async () => {
    await addActive(ONE);
    show(ONE, 0, { updatedAt: '0' });
    expect(await sweep()).toEqual({ undated: 1 });
    expect(await statusIn(ONE)).toBe('active');
  });

  it.each([
    ['that was updated just now', 0],
    ['that is exactly as old as the threshold', STALE_AFTER_MS],
    ['whose update time is in the future', -3_600_000],
  ])('keeps an egress %s', async (_age, ageMs) => {
    await addActive(ONE);
    show(ONE, ageMs);
    expect(await sweep()).toEqual({ fresh: 1 });
    expect(await statusIn(ONE)).toBe('active');
  });

  it('stops an egress older than the threshold whose room LiveKit no longer lists', async () => {
    await addActive(ONE);
    show(ONE, STALE_AFTER_MS + 1);
    expect(await sweep()).toEqual({ stale: 1, stopped: 1 });
    const recording = await store.load(ONE);
    expect(recording?.tally.state).toEqual({ stopping: 'ending' });
    expect(recording?.stopReason).toBe('stale');
    expect(ran).toContain('stopEgress');
  });

  it('stops an egress older than the threshold with only recorders in its room', async () => {
    await addActive(ONE);
    show(ONE, STALE_AFTER_MS + 1);
    present.set(`room-of-${ONE}`, [recorderOf(ONE), recorderOf('other')]);
    expect(await sweep()).toEqual({ stale: 1, stopped: 1 });
    expect(await statusIn(ONE)).toBe('ending');
  });

  it('keeps an egress when LiveKit lists its room without any participant, not even the recorder', async () => {
    await addActive(ONE);
    show(ONE, STALE_AFTER_MS + 1);
    present.set(`room-of-${ONE}`, []);
    expect(await sweep()).toEqual({ doubtful: 1 });
    expect(await statusIn(ONE)).toBe('active');
  });

  it('keeps an egress of any age with a participant in its room', async () => {
    await addActive(ONE);
    show(ONE, 100 * STALE_AFTER_MS);
    present.set(`room-of-${ONE}`, [recorderOf(ONE), PERSON]);
    expect(await sweep()).toEqual({ in_use: 1 });
    expect(await statusIn(ONE)).toBe('active');
  });

  it('stops an egress only at a second look, 20 s after the first', async () => {
    await addActive(ONE);
    show(ONE, STALE_AFTER_MS + 1);
    const counts = sweep(async () => {
      await clock.run(GONE_MS - 1);
      expect(await statusIn(ONE)).toBe('active');
    });
    expect(await counts).toEqual({ stale: 1, stopped: 1 });
  });

  it.each<[string, () => unknown]>([
    ['LiveKit listed the room again without participants', () => present.set(`room-of-${ONE}`, [])],
    ['a participant joined again', () => present.set(`room-of-${ONE}`, [PERSON])],
    ['the status of the egress changed', () => show(ONE, 0)],
    ['the egress ended', () => show(ONE, 0, { status: 'COMPLETE' })],
    ['LiveKit forgot the egress', () => egresses.clear()],
    [
      'the recording was saved',
      async () => {
        const recording = await store.load(ONE);
        if (recording !== undefined) await store.save(ONE, nextOf(recording), recording.tally.version);
      },
    ],
  ])('does not stop an egress when %s between the two looks', async (_what, meanwhile) => {
    await addActive(ONE);
    show(ONE, STALE_AFTER_MS + 1);
    expect(await sweep(meanwhile)).toEqual({ stale: 1, revived: 1 });
    expect(await statusIn(ONE)).toBe('active');
  });

  it('does not stop recordings that are starting or ending, because their file may still arrive', async () => {
    await store.create(ONE, buildRecording(ONE, { tally: { state: { stopping: 'ending' } } }));
    await store.create(uidAt(2), buildRecording(uidAt(2), { tally: { state: { starting: 'awaiting' } } }));
    show(ONE, 10 * STALE_AFTER_MS, { status: 'ENDING' });
    show(uidAt(2), 10 * STALE_AFTER_MS, { status: 'STARTING' });
    expect(await sweep()).toEqual({ leaving: 2 });
  });

  it('counts foreign egresses and egresses of unknown recordings, and stops neither', async () => {
    await addActive(ONE);
    show('not-a-uid', 10 * STALE_AFTER_MS);
    show(uidAt(7), 10 * STALE_AFTER_MS);
    // This egress has the path of our recording but another egress id.
    show(ONE, 10 * STALE_AFTER_MS, { egressId: 'EG_other' });
    expect(await sweep()).toEqual({ foreign: 2, unknown: 1 });
    expect(await statusIn(ONE)).toBe('active');
  });

  it('goes on with the other egresses when LiveKit does not answer for one room, at either look', async () => {
    for (let index = 1; index <= 23; index += 1) {
      await addActive(uidAt(index));
      show(uidAt(index), STALE_AFTER_MS + 1);
    }
    present.set(`room-of-${uidAt(7)}`, 'no answer');
    const counts = await sweep(() => present.set(`room-of-${uidAt(8)}`, 'no answer'));
    expect(counts).toEqual({ stale: 22, stopped: 21, failed: 2 });
    expect([await statusIn(uidAt(6)), await statusIn(uidAt(7)), await statusIn(uidAt(8))]).toEqual([
      'ending',
      'active',
      'active',
    ]);
  });

  it('throws LiveKitUnavailableError when LiveKit does not list its egresses', async () => {
    const away = { ...livekit, listEgress: () => Promise.reject(new LiveKitUnavailableError('it is away')) };
    const options = { supervisor, store, livekit: away, clock, log: silentLog, staleAfterMs: STALE_AFTER_MS, goneMs: GONE_MS };
    await expect(stopStaleRecordings(options, new AbortController().signal)).rejects.toThrow(LiveKitUnavailableError);
  });

  it('ends before its second look, and stops no recording, when its signal is aborted', async () => {
    await addActive(ONE);
    show(ONE, STALE_AFTER_MS + 1);
    const ending = new AbortController();
    const cut = expect(begin(ending.signal)).rejects.toThrow('the program stops');
    while (clock.pending() === 0) await clock.run(0);
    ending.abort(new Error('the program stops'));
    await cut;
    expect(clock.pending()).toBe(0);
    expect(await statusIn(ONE)).toBe('active');
  });
});
