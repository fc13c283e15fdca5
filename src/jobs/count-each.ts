import { inBatches, settleEach } from '../concurrency.js';
import type { Log } from '../logging.js';
import type { Counts } from './job.js';

export interface Run {
  /** Aborted: no further batch is begun. */
  signal: AbortSignal;
  log: Log;
}

const BATCH = 10;

/**
 * Do the work for each item, ten at a time, and count what became of them. A failure is that item's own: it is logged,
 * counted as `failed` and left to the next run.
 *
 * @param nameOf fields of the log that tell which item it was
 * @throws whatever giving the items throws
 */
export async function countEach<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { signal, log }: Run,
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
