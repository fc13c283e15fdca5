import type { Clock } from '../../../clock.js';
import { inBatches, settleEach } from '../../../concurrency.js';
import type { Log } from '../../../logging.js';
import type { Recordings } from '../events.js';
import type { RecordingStore } from '../recording-store.js';

const AT_ONCE = 100;

/**
 * Tell every unsettled recording that its egress is gone, so that its room is free at once. Only for a process whose store and
 * simulator are its own: the egresses ended with the process before it.
 *
 * @throws StoreUnavailableError retryable. The reconciler finds a recording whose own step failed, which is logged
 */
export async function endLostEgresses(
  store: Pick<RecordingStore, 'unsettled'>,
  recordings: Pick<Recordings, 'send'>,
  clock: Pick<Clock, 'now'>,
  log: Log,
): Promise<void> {
  const cause = 'the simulator ended with the process that it ran in';
  for await (const batch of inBatches(store.unsettled(), AT_ONCE)) {
    const outcomes = await settleEach(batch, AT_ONCE, ({ uid }) =>
      recordings.send(uid, { type: 'egress.missing', cause, at: clock.now(), source: 'start' }),
    );
    for (const outcome of outcomes) {
      if ('error' in outcome) log.warn({ recording: outcome.item.uid, err: outcome.error }, 'left to the reconciler');
    }
  }
}
