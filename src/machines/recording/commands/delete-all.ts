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

/** Pauses before the second and the third attempt, milliseconds. */
const PAUSES_MS = [1_000, 2_000];
const AT_ONCE = 100;

/**
 * Delete every recording of a room: a settled recording at once, a live one after it has ended. Each recording then removes its
 * file. A recording that fails does not delay the others, and is tried three times.
 *
 * @throws RecordingsNotDeletedError some recordings still fail, each is logged; StoreUnavailableError they could not be listed.
 *   Both retryable: a repetition deletes the remaining ones
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

  /** @returns the recordings to which the event could not be sent, and the errors */
  async function send(uids: string[]): Promise<{ item: string; error: Error }[]> {
    const event: RecordingEvent = { type: 'delete', at: clock.now(), source: 'room' };
    const outcomes = await settleEach(uids, AT_ONCE, (uid) => supervisor.send(uid, event));
    return outcomes.filter((outcome) => 'error' in outcome);
  }
}

/** Keys of the room's recordings; the live recording first, because its deletion takes longest. */
async function keysOf(store: DeleteAllOptions['store'], roomId: string): Promise<string[]> {
  const live = await store.findLive(roomId);
  const keys = new Set(live === undefined ? [] : [live.uid]);
  for await (const key of store.keysOfRoom(roomId)) keys.add(key);
  return [...keys];
}
