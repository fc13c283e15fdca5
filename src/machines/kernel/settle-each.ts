import { toError } from '../../errors.js';
import type { KernelLog } from './kernel-log.js';

/** What became of one item's work. */
export type Settled<Item, Result> = { item: Item; result: Result } | { item: Item; error: Error };

/**
 * Do the same work for every item, some at once. A failure is that item's own: the others go on.
 *
 * @param atOnce how many run at the same time, 1 or more
 * @returns in the order of the items
 */
export async function settleEach<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Settled<Item, Result>[]> {
  const outcomes: Settled<Item, Result>[] = [];
  const queue = items.entries();
  async function takeTurns(): Promise<void> {
    for (const [place, item] of queue) {
      outcomes[place] = await work(item).then(
        (result) => ({ item, result }),
        (error: unknown) => ({ item, error: toError(error) }),
      );
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, takeTurns));
  return outcomes;
}

/**
 * Do one part after the other. The failure of one skips none.
 *
 * @param log is told of every failure but the first
 * @throws the first failure, when all parts were done
 */
export async function doAll(parts: readonly (() => Promise<unknown>)[], log: KernelLog): Promise<void> {
  const outcomes = await settleEach(parts, 1, (part) => part());
  const [first, ...further] = outcomes.flatMap((outcome) => ('error' in outcome ? outcome.error : []));
  for (const err of further) log.warn({ err }, 'failed too');
  if (first !== undefined) throw first;
}
