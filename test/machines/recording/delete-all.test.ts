import { beforeEach, describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../../src/errors.js';
import { deleteAllRecordings, type DeleteAllOptions } from '../../../src/machines/recording/commands/delete-all.js';
import { createGate, type Gate } from '../../support/gate.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createTestClock, type TestClock } from '../../support/test-clock.js';
import { buildRecording, buildSettled } from '../../contracts/documents.js';
import { silentLog } from '../../support/silent-log.js';

const ROOM = 'room-1';

let clock: TestClock;
let gate: Gate;
/** The uids of the deleted recordings, in order of deletion. */
let deleted: string[];
/** By uid: how many more attempts to delete the recording fail. */
let failures: Map<string, number>;
let warned: object[];

beforeEach(() => {
  clock = createTestClock();
  gate = createGate();
  deleted = [];
  failures = new Map();
  warned = [];
});

async function deleteAllOf(count: number) {
  const store = createMemoryRecordingStore({ gate });
  for (let index = 0; index < count; index += 1) {
    const uid = `u${index}`;
    await store.create(uid, buildSettled(uid, { roomId: ROOM }));
  }
  await store.create('live', buildRecording('live', { roomId: ROOM }));
  await store.create('other', buildSettled('other'));
  const options: DeleteAllOptions = {
    supervisor: {
      async send(uid) {
        const left = failures.get(uid) ?? 0;
        failures.set(uid, left - 1);
        if (left > 0) throw new StoreUnavailableError(`no answer for ${uid}`);
        deleted.push(uid);
        return undefined;
      },
    },
    store,
    clock,
    log: { ...silentLog, warn: (fields) => warned.push(fields) },
  };
  const abort = new AbortController();
  let outcome: unknown = 'running';
  void deleteAllRecordings(options, ROOM, abort.signal).then(
    () => (outcome = 'done'),
    (error: unknown) => (outcome = error),
  );
  await clock.run(0);
  return { outcome: () => outcome, abort };
}

describe('deleting every recording of a room', () => {
  it('deletes each of them once, the live one first, and no recording of another room', async () => {
    const { outcome } = await deleteAllOf(250);
    expect(outcome()).toBe('done');
    expect(deleted[0]).toBe('live');
    expect(new Set(deleted)).toEqual(new Set(['live', ...Array.from({ length: 250 }, (_, index) => `u${index}`)]));
    expect(deleted).toHaveLength(251);
  });

  it('goes on with the others when one fails, and retries that one after 1 s and after 2 s more', async () => {
    failures.set('u1', 2).set('u2', 1);
    const { outcome } = await deleteAllOf(4);
    expect(deleted).toEqual(['live', 'u0', 'u3']);
    await clock.run(999);
    expect(deleted).toHaveLength(3);
    await clock.run(1);
    expect(deleted.slice(3)).toEqual(['u2']);
    await clock.run(1_999);
    expect(outcome()).toBe('running');
    await clock.run(1);
    expect(deleted.slice(4)).toEqual(['u1']);
    expect(outcome()).toBe('done');
    expect(warned).toEqual([]);
  });

  it('throws a retryable error with the uids of the recordings whose deletion failed three times', async () => {
    failures.set('u1', 3).set('live', 9);
    const { outcome } = await deleteAllOf(3);
    await clock.run(3_000);
    expect(outcome()).toMatchObject({
      code: 'recording.not_deleted',
      retryable: true,
      message: "2 recordings of room 'room-1' are not deleted yet",
      details: { roomId: ROOM, uids: ['live', 'u1'] },
    });
    expect(warned).toMatchObject([
      { recording: 'live', room: ROOM, err: { message: 'no answer for live' } },
      { recording: 'u1', room: ROOM, err: { message: 'no answer for u1' } },
    ]);
  });

  it('deletes no recording when the recordings cannot be listed', async () => {
    gate.failNext('recordings.keysOfRoom', 'fail_before');
    const { outcome } = await deleteAllOf(3);
    expect(outcome()).toMatchObject({ code: 'store.unavailable' });
    expect(deleted).toEqual([]);
  });

  it('stops waiting for the next attempt when its signal is aborted', async () => {
    failures.set('u1', 1);
    const { outcome, abort } = await deleteAllOf(3);
    abort.abort();
    await clock.run(0);
    expect(outcome()).toMatchObject({ name: 'AbortError' });
    expect(clock.pending()).toBe(0);
  });
});
