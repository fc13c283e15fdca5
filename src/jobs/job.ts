import { inBatches, settleEach } from '../concurrency.js';
import type { Log } from '../logging.js';

/** Also the name in the key of the job's lock, as OpenVidu Meet has it; the keeper is ours. */
export type JobName =
  'activeRecordingGarbageCollector' | 'staleRecordingsCleanup' | 'recordingLockKeeper' | 'roomGarbageCollector';

/** What one run did: how many items met each fate. */
export type Counts = Record<string, number>;

/** Periodic work, on one instance at a time. Running it twice, late or not at all changes nothing but the time. */
export interface Job {
  name: JobName;
  /** Milliseconds from one tick to the next. */
  intervalMs: number;
  /** Also run once at start. */
  atStart: boolean;
  /**
   * @param signal aborted when the job's lock is lost or the program stops: begin nothing new
   * @throws whatever kept it from its work; the next tick tries again
   */
  run(signal: AbortSignal): Promise<Counts>;
}

const BATCH = 10;

/**
 * Do the work for each item, ten at a time, and count the outcomes. A failure is that item's own: it is logged, counted as
 * `failed` and left to the next run.
 *
 * @param run once its signal is aborted, no further batch is begun
 * @param nameOf fields of the log that name the item
 * @throws whatever giving the items throws
 */
export async function countEach<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { signal, log }: { signal: AbortSignal; log: Log },
  nameOf: (item: Item) => object,
  work: (item: Item) => Promise<string>,
): Promise<Counts> {
  const counts: Counts = {};
  for await (const batch of inBatches(items, BATCH)) {
    if (signal.aborted) break;
    for (const settled of await settleEach(batch, BATCH, work)) {
      if ('error' in settled) log.warn({ ...nameOf(settled.item), err: settled.error }, 'left to the next run');
      const outcome = 'error' in settled ? 'failed' : settled.result;
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
  }
  return counts;
}

export function sum(one: Counts, other: Counts): Counts {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}
