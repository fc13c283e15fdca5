import type { Clock } from '../../../clock.js';
import { toError } from '../../../errors.js';
import type { Log } from '../../../logging.js';
import { settleEach } from '../../../concurrency.js';
import type { Supervisor } from '../../kernel/supervisor.js';
import { RecordingsNotDeletedError } from '../errors.js';
import type { RecordingEvent } from '../events.js';
import type { RecordingStore } from '../recording-store.js';
import type { RecordingContext } from '../recording.js';

export interface DeleteAllOptions {
  supervisor: Pick<Supervisor<RecordingContext, RecordingEvent>, 'send'>;
  store: Pick<RecordingStore, 'findLive' | 'keysOfRoom'>;
  clock: Clock;
  log: Log;
}

/** Tells every recording of a room that it is to be deleted, each by itself: what fails for one holds up no other. */
export type DeleteAll = (roomId: string, signal: AbortSignal) => Promise<void>;

/** Before the second and the third attempt, milliseconds. */
const PAUSES_MS = [1_000, 2_000];
const AT_ONCE = 100;

/**
 * A settled recording is gone when it was told; a live one is stopped and goes when it has ended. Its file is the recording's own
 * affair: it goes by the recording's effect.
 *
 * @returns a function that throws RecordingsNotDeletedError when some could not be told in three attempts (each is in the log),
 * and StoreUnavailableError when they could not be listed; repeating it tells those that are left
 */
export function createDeleteAll({ supervisor, store, clock, log }: DeleteAllOptions): DeleteAll {
  /** The live one first: it takes longest. */
  async function keysOf(roomId: string): Promise<string[]> {
    const live = await store.findLive(roomId);
    const keys = new Set(live === undefined ? [] : [live.uid]);
    for await (const key of store.keysOfRoom(roomId)) keys.add(key);
    return [...keys];
  }

  /** @returns those that could not be told, and why */
  async function tell(uids: string[]): Promise<{ item: string; error: Error }[]> {
    const event: RecordingEvent = { type: 'delete', at: clock.now(), source: 'room' };
    const outcomes = await settleEach(uids, AT_ONCE, (uid) => supervisor.send(uid, event));
    return outcomes.filter((outcome) => 'error' in outcome);
  }

  return async (roomId, signal) => {
    let failures = await tell(await keysOf(roomId));
    for (const pauseMs of PAUSES_MS) {
      if (failures.length === 0) return;
      await pause(clock, pauseMs, signal);
      failures = await tell(failures.map(({ item }) => item));
    }
    if (failures.length === 0) return;
    for (const { item, error } of failures)
      log.warn({ recording: item, room: roomId, err: error }, 'not deleted with its room yet');
    throw new RecordingsNotDeletedError(
      roomId,
      failures.map(({ item }) => item),
    );
  };
}

/** @throws the signal's reason as soon as it is aborted */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', giveUp);
      resolve();
    });
    function giveUp(): void {
      cancel();
      reject(toError(signal.reason));
    }
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
