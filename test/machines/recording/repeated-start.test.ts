import { beforeEach, describe, expect, it } from 'vitest';

import { StoppingError } from '../../../src/errors.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import type { RoomLocks } from '../../../src/machines/ports/room-locks.js';
import { createRecordingCommands } from '../../../src/machines/recording/commands/commands.js';
import type { RecordingCommandOptions } from '../../../src/machines/recording/commands/options.js';
import type { Idempotency } from '../../../src/machines/recording/commands/repeated-start.js';
import {
  IdempotencyInProgressError,
  IdempotencyMismatchError,
  StartFailedError,
} from '../../../src/machines/recording/errors.js';
import { defineRecording } from '../../../src/machines/recording/machine/definition.js';
import type { Recordings } from '../../../src/machines/recording/events.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import { supervise } from '../../support/apps/supervise.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomLocks } from '../../support/memory/memory-room-locks.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock, type TestClock } from '../../support/test-clock.js';
import { buildDocument, definition, NOON, observed, timing } from './build.js';

const ROOM = { roomId: 'planning-0123456789abcde', roomName: 'Planning', isRecordingEnabled: true };
const PARTICIPANT = { identity: 'ada', isSomebody: true };
const LIMIT_MS = timing.startTimeoutMs + 5_000;
const never = new Promise<never>(() => undefined);

let clock: TestClock;
let store: ReturnType<typeof createMemoryRecordingStore>;
let locks: RoomLocks;
let recordings: Recordings;
let leaving: AbortController;
let commands: ReturnType<typeof createRecordingCommands>;

beforeEach(() => {
  clock = createTestClock(NOON);
  store = createMemoryRecordingStore();
  locks = createMemoryRoomLocks({ clock });
  recordings = supervise({ definition, handlers: {}, store, clock });
  leaving = new AbortController();
  commands = commandsWith({});
});

function commandsWith(changes: Partial<RecordingCommandOptions>) {
  const livekit: Partial<LiveKitGateway> = { listParticipants: () => Promise.resolve([PARTICIPANT]) };
  return createRecordingCommands({
    ...{ supervisor: recordings, store, locks, clock, log: silentLog, instance: 'one' },
    ...{ startTimeoutMs: timing.startTimeoutMs, confirmMs: timing.confirmMs, leaving: leaving.signal },
    rooms: { find: () => Promise.resolve(ROOM) },
    livekit: livekit as LiveKitGateway,
    ...changes,
  });
}

const start = (changes: Partial<Idempotency> = {}, respondAsync = true, by = commands): Promise<RecordingDocument> =>
  by.start({
    room: ROOM,
    respondAsync,
    idempotency: { credentialId: 'apiKey:1', key: 'key-1', body: { roomId: ROOM.roomId }, ...changes },
  });

describe('a start with the Idempotency-Key of an earlier one', () => {
  it('is answered from the first recording while the start is under way', async () => {
    const first = await start();
    expect((await start()).uid).toBe(first.uid);
    expect(first.startKey).toMatch(/^[\w-]{43}$/);
  });

  it('is refused when its body differs in any member', async () => {
    await start();
    await expect(start({ body: { roomId: ROOM.roomId, layout: 'grid' } })).rejects.toThrow(IdempotencyMismatchError);
  });

  it('is another start when it comes with another credential', async () => {
    const first = await start();
    await recordings.send(first.uid, observed('COMPLETE', { requestedPath: first.mediaKey, roomName: ROOM.roomId }));
    expect((await start({ credentialId: 'apiKey:2' })).uid).not.toBe(first.uid);
    expect((await start()).uid).toBe(first.uid);
  });

  it.each(['apiKey:1', 'apiKey:2'])(
    'is answered from a recording of the first release, for the credential %s too',
    async (by) => {
      const stored = { uid: 'f000000001', liveKey: 'f000000001', startKey: 'idempotency:key-1' };
      await store.create(stored.uid, buildDocument('complete', { roomId: ROOM.roomId, wasActive: true, ...stored }));
      expect((await start({ credentialId: by }, false)).uid).toBe(stored.uid);
      await expect(
        commands.start({ room: { ...ROOM, roomId: 'another' }, idempotency: idempotencyOf('another') }),
      ).rejects.toThrow(IdempotencyMismatchError);
    },
  );

  it('starts anew once the first start has failed and settled', async () => {
    const { uid } = await start();
    await recordings.send(uid, { type: 'stop', reason: 'request', at: clock.now(), source: 'rest' });
    expect((await start()).uid).toBe(uid);
    await recordings.send(uid, { type: 'egress.missing', cause: 'gone', at: clock.now(), source: 'reconcile' });
    expect((await store.load(uid))?.startKey).toBe(uid);
    expect((await start()).uid).not.toBe(uid);
  });

  it.each(['room', 'key'])(
    'starts anew when the first start gives its %s back while the store refuses the repeat',
    async (what) => {
      const another = { ...ROOM, roomId: 'another-0123456789abcde' };
      const { uid, lockValue = '' } = await start();
      await locks.release(ROOM.roomId, lockValue);
      let looks = 0;
      const early = {
        ...store,
        findByStartKey: async (key: string) => ((looks += 1) > 2 ? store.findByStartKey(key) : undefined),
      };
      const reason = { kind: 'refused' as const, message: 'no' };
      const supervisor: Recordings = {
        ...recordings,
        async create(...args) {
          const result = await recordings.create(...args);
          if (!result.created) await recordings.send(uid, { type: 'start.refused', reason, at: clock.now(), source: 'effect' });
          return result;
        },
      };
      const room = what === 'room' ? ROOM : another;
      const repeat = await commandsWith({ store: early, supervisor, rooms: { find: async () => room } }).start({
        ...{ room, respondAsync: true, idempotency: idempotencyOf(ROOM.roomId) },
      });
      expect([repeat.uid === uid, repeat.liveKey]).toEqual([false, room.roomId]);
    },
  );

  it('waits for the error of the first request and gets it', async () => {
    const first = await start();
    const repeat = start({}, false);
    await clock.run(100);
    const reason = { kind: 'capacity' as const, message: 'no worker' };
    await recordings.send(first.uid, { type: 'start.refused', reason, at: clock.now(), source: 'effect' });
    await expect(repeat).rejects.toThrow(StartFailedError);
  });

  it('is refused as still running when the first has no answer within the start deadline and five seconds', async () => {
    const patient = defineRecording({ ...timing, startTimeoutMs: 2 * LIMIT_MS });
    recordings = supervise({ definition: patient, handlers: {}, store, clock });
    commands = commandsWith({});
    await start();
    const repeat = start({}, false).catch((error: unknown) => error);
    await clock.run(LIMIT_MS + 1_000);
    expect(await repeat).toBeInstanceOf(IdempotencyInProgressError);
  });
});

describe('a start that meets the room lock of an earlier one with the same Idempotency-Key', () => {
  it('waits until the recording is stored', async () => {
    let arrive: (value: (typeof PARTICIPANT)[]) => void = () => undefined;
    const participants = new Promise<(typeof PARTICIPANT)[]>((resolve) => (arrive = resolve));
    const slow = commandsWith({ livekit: { listParticipants: () => participants } });
    const first = start({}, true, slow);
    const repeat = start();
    await clock.run(10_000);
    arrive([PARTICIPANT]);
    await clock.run(100);
    expect((await repeat).uid).toBe((await first).uid);
  });

  it('waits while the entry that names the holder is not written yet, and looks again', async () => {
    const first = await start();
    let asked = 0;
    const unnamed: RoomLocks = {
      ...locks,
      acquire: (...args) => ((asked += 1) < 3 ? Promise.resolve({ acquired: false, holder: undefined }) : locks.acquire(...args)),
    };
    const late = { ...store, findByStartKey: async (key: string) => (asked < 3 ? undefined : store.findByStartKey(key)) };
    const repeat = start({}, true, commandsWith({ locks: unnamed, store: late }));
    await clock.run(200);
    expect((await repeat).uid).toBe(first.uid);
  });

  it('is refused as already being recorded when that entry stays away', async () => {
    await locks.acquire(ROOM.roomId, 'another', 60_000);
    const unnamed: RoomLocks = { ...locks, acquire: async () => ({ acquired: false, holder: undefined }) };
    const repeat = start({}, true, commandsWith({ locks: unnamed })).catch((error: unknown) => error);
    await clock.run(2_000);
    expect(await repeat).toMatchObject({ code: 'recording.already_active' });
  });

  it('starts by itself when the first gives the room back without a recording', async () => {
    let refuse: (error: Error) => void = () => undefined;
    const slow = commandsWith({ livekit: { listParticipants: () => new Promise((_, reject) => (refuse = reject)) } });
    const first = start({}, true, slow).catch((error: unknown) => error);
    const repeat = start();
    await clock.run(100);
    refuse(new Error('LiveKit is away'));
    await clock.run(100);
    expect(await first).toMatchObject({ message: 'LiveKit is away' });
    expect((await repeat).liveKey).toBe(ROOM.roomId);
  });

  it('is refused as still running when the lock stays with no recording', async () => {
    const hung = commandsWith({ livekit: { listParticipants: () => never } });
    void start({}, true, hung);
    await clock.run(1);
    const held = await locks.find(ROOM.roomId);
    await locks.extend(ROOM.roomId, held?.value ?? '', 600_000);
    const young: RoomLocks = {
      ...locks,
      acquire: async () => ({ acquired: false, holder: held && { ...held, createdAt: clock.now() } }),
    };
    const repeat = start({}, true, commandsWith({ locks: young })).catch((error: unknown) => error);
    for (let passed = 0; passed <= LIMIT_MS; passed += 1_000) await clock.run(1_000);
    expect(await repeat).toBeInstanceOf(IdempotencyInProgressError);
  });

  it('answers from that start although its key is free again by then', async () => {
    let arrive: (value: (typeof PARTICIPANT)[]) => void = () => undefined;
    const participants = new Promise<(typeof PARTICIPANT)[]>((resolve) => (arrive = resolve));
    const slow = commandsWith({ livekit: { listParticipants: () => participants } });
    const first = start({}, true, slow);
    const repeat = start({}, false).catch((error: unknown) => error);
    await clock.run(10);
    arrive([PARTICIPANT]);
    const { uid } = await first;
    const reason = { kind: 'refused' as const, message: 'no' };
    await recordings.send(uid, { type: 'start.refused', reason, at: clock.now(), source: 'effect' });
    await clock.run(100);
    expect(await repeat).toMatchObject({ code: 'recording.start_rejected' });
  });
});

describe('a start while Tally stops', () => {
  const stop = async () => {
    await clock.run(10);
    leaving.abort(new StoppingError());
    await clock.run(10);
  };

  it('is answered with its recording as it is, when there is one', async () => {
    const started = commands.start({ room: ROOM });
    await stop();
    const recording = await started;
    expect([recording.tally.state, recording.liveKey]).toEqual([{ starting: 'requesting' }, ROOM.roomId]);
    expect((await start({}, false).catch((error: unknown) => error)) as Error).toMatchObject({
      code: 'recording.already_active',
    });
  });

  it('is refused and leaves neither a lock nor a recording, when there is none', async () => {
    let arrive: (value: (typeof PARTICIPANT)[]) => void = () => undefined;
    const participants = new Promise<(typeof PARTICIPANT)[]>((resolve) => (arrive = resolve));
    const slow = commandsWith({ livekit: { listParticipants: () => participants } });
    const refused = start({}, true, slow).catch((error: unknown) => error);
    const repeat = start().catch((error: unknown) => error);
    await stop();
    expect(await refused).toBeInstanceOf(StoppingError);
    expect(await repeat).toBeInstanceOf(StoppingError);
    arrive([PARTICIPANT]);
    await clock.run(100);
    expect(await locks.find(ROOM.roomId)).toBeUndefined();
    expect(await store.findLive(ROOM.roomId)).toBeUndefined();
  });

  it('that repeats an earlier one is answered with the earlier recording as it is', async () => {
    const first = await start();
    const repeat = start({}, false);
    await stop();
    expect((await repeat).uid).toBe(first.uid);
  });
});

function idempotencyOf(roomId: string): Idempotency {
  return { credentialId: 'apiKey:1', key: 'key-1', body: { roomId } };
}
