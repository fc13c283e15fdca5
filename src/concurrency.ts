import { type Clock, sleep } from './clock.js';
import { toError } from './errors.js';
import type { Log } from './logging.js';

/** The outcome of the work for one item: its result or its error. */
export type Settled<Item, Result> = { item: Item; result: Result } | { item: Item; error: Error };

/**
 * Run the same work for every item, at most `atOnce` at a time. A failure does not stop the work for the other items.
 *
 * @param atOnce how many run at the same time, 1 or more
 * @returns the outcomes, in the order of the items
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
 * Run the parts one after another, or some at a time. If a part fails, the other parts still run.
 *
 * @param log receives every failure but the first
 * @param atOnce how many run at the same time, 1 or more
 * @throws the first failure, in the order of the parts, after all parts have ended
 */
export async function doAll(parts: readonly (() => Promise<unknown>)[], log: Log, atOnce = 1): Promise<void> {
  const outcomes = await settleEach(parts, atOnce, (part) => part());
  const [first, ...further] = outcomes.flatMap((outcome) => ('error' in outcome ? outcome.error : []));
  for (const err of further) log.warn({ err }, 'failed too');
  if (first !== undefined) throw first;
}

export interface GatherOptions {
  /** Maximum number of items in one run. */
  most: number;
  /** The next run waits at most this long for a running one to end, milliseconds. */
  patienceMs: number;
  clock: Pick<Clock, 'after'>;
}

interface Group<Item, Result> {
  items: Set<Item>;
  results: Promise<ReadonlyMap<Item, Result>>;
}

/**
 * Combine calls into batches: items that are requested during a run are processed together in the next one. A run begins after
 * all its callers have asked, so no caller gets data that was read before its call.
 *
 * @param runAll returns the results by item; each item is passed once
 * @returns a function that requests one item; it resolves to undefined when the run has no result for the item
 */
export function gather<Item, Result>(
  runAll: (items: Item[]) => Promise<ReadonlyMap<Item, Result>>,
  { most, patienceMs, clock }: GatherOptions,
): (item: Item) => Promise<Result | undefined> {
  const underWay = new Set<Promise<void>>();
  let next: Group<Item, Result> | undefined;

  function prepare(): Group<Item, Result> {
    const isFree = underWay.size === 0;
    const turn = isFree ? Promise.resolve() : Promise.race([...underWay, sleep(patienceMs, clock)]);
    const group: Group<Item, Result> = { items: new Set(), results: turn.then(() => run(group)) };
    return group;
  }

  async function run(group: Group<Item, Result>): Promise<ReadonlyMap<Item, Result>> {
    if (next === group) next = undefined;
    const results = runAll([...group.items]);
    const over = results.then(
      () => undefined,
      () => undefined,
    );
    underWay.add(over);
    void over.then(() => underWay.delete(over));
    return results;
  }

  return async (item) => {
    if (next === undefined || next.items.size >= most) next = prepare();
    next.items.add(item);
    return (await next.results).get(item);
  };
}

/** Yields the items of all pages in order. A page is read when its first item is requested. */
export async function* everyPage<Item, Cursor>(
  read: (after: Cursor | undefined) => Promise<{ items: Item[]; next?: Cursor }>,
): AsyncGenerator<Item, void, undefined> {
  let after: Cursor | undefined;
  do {
    const page = await read(after);
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

/** Yields the items in groups of `size`; the last group may be smaller. */
export async function* inBatches<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  size: number,
): AsyncGenerator<Item[], void, undefined> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Runs work for the same key one at a time, in the order of the calls. Work for different keys runs concurrently. */
export function createMailbox() {
  const tails = new Map<string, Promise<void>>();
  return {
    run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
      const previous = tails.get(key);
      const result = previous === undefined ? work() : previous.then(work);
      // The tail only keeps the order; a failure is reported to the caller of `run`.
      const tail = result.then(
        () => undefined,
        () => undefined,
      );
      tails.set(key, tail);
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      return result;
    },
    /** Resolves when no work is waiting or running. */
    async idle(): Promise<void> {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
