import { inBatches, settleEach } from '../concurrency.js';
import type { Log } from '../logging.js';

/** The name of a job and of its lock. The names are those of OpenVidu Meet, except `recordingLockKeeper`, which is ours. */
export type JobName =
  'activeRecordingGarbageCollector' | 'staleRecordingsCleanup' | 'recordingLockKeeper' | 'roomGarbageCollector';

/** Summary of one run: the number of items by outcome. */
export type Counts = Record<string, number>;

/** Periodic work that runs on one instance at a time. A repeated run is harmless; a late or missed run only delays the work. */
export interface Job {
  name: JobName;
  /** Milliseconds from one tick to the next. */
  intervalMs: number;
  /** Whether the job also runs once at start. */
  atStart: boolean;
  /**
   * @param signal aborted when the job's lock is lost or the program stops; the job then begins no new work
   * @throws any error that makes the run fail; the next tick tries again
   */
  run(signal: AbortSignal): Promise<Counts>;
}

const BATCH = 10;

/**
 * Run the work for each item, ten at a time, and count the outcomes. A failure does not stop the other items: it is logged,
 * counted as `failed` and left to the next run.
 *
 * @param run when its signal is aborted, no further batch begins
 * @param nameOf returns the log fields that identify the item
 * @throws any error from reading `items`
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
