import { type Clock, sleep } from '../../../clock.js';
import { settleEach } from '../../../concurrency.js';
import type { Log } from '../../../logging.js';
import { RecordingsNotDeletedError } from '../errors.js';
import type { RecordingEvent, Recordings } from '../events.js';
import type { RecordingStore } from '../recording-store.js';

export interface DeleteAllOptions {
  supervisor: Pick<Recordings, 'send'>;
  store: Pick<RecordingStore, 'findLive' | 'keysOfRoom'>;
  clock: Clock;
  log: Log;
}

/** Before the second and the third attempt, milliseconds. */
const PAUSES_MS = [1_000, 2_000];
const AT_ONCE = 100;

/**
 * Delete every recording of a room: a settled one at once, a live one as soon as it has ended. A recording removes its own file
 * afterwards. A recording that fails delays no other, and is tried three times.
 *
 * @throws RecordingsNotDeletedError some still fail, each is in the log; StoreUnavailableError they could not be listed. Both
 *   retryable: a repetition deletes those that are left
 */
export async function deleteAllRecordings(
  { supervisor, store, clock, log }: DeleteAllOptions,
  roomId: string,
  signal: AbortSignal,
): Promise<void> {
  let failures = await send(await keysOf(store, roomId));
  for (const pauseMs of PAUSES_MS) {
    if (failures.length === 0) return;
    await sleep(pauseMs, clock, signal);
    failures = await send(failures.map(({ item }) => item));
  }
  if (failures.length === 0) return;
  for (const { item, error } of failures) {
    log.warn({ recording: item, room: roomId, err: error }, 'recording not deleted with its room yet');
  }
  throw new RecordingsNotDeletedError(
    roomId,
    failures.map(({ item }) => item),
  );

  /** @returns the recordings that could not take in the event, and why */
  async function send(uids: string[]): Promise<{ item: string; error: Error }[]> {
    const event: RecordingEvent = { type: 'delete', at: clock.now(), source: 'room' };
    const outcomes = await settleEach(uids, AT_ONCE, (uid) => supervisor.send(uid, event));
    return outcomes.filter((outcome) => 'error' in outcome);
  }
}

/** The live recording first: it takes longest. */
async function keysOf(store: DeleteAllOptions['store'], roomId: string): Promise<string[]> {
  const live = await store.findLive(roomId);
  const keys = new Set(live === undefined ? [] : [live.uid]);
  for await (const key of store.keysOfRoom(roomId)) keys.add(key);
  return [...keys];
}
