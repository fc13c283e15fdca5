import { type Clock, sleep } from './clock.js';
import { toError } from './errors.js';
import type { Log } from './logging.js';

/** What became of one item's work. */
export type Settled<Item, Result> = { item: Item; result: Result } | { item: Item; error: Error };

/**
 * Do the same work for every item, some at once. A failure concerns its own item: the others go on.
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
 * Do one part after the other. A part that fails does not keep the next ones from running.
 *
 * @param log receives every failure but the first
 * @throws the first failure, after the last part has run
 */
export async function doAll(parts: readonly (() => Promise<unknown>)[], log: Log): Promise<void> {
  const outcomes = await settleEach(parts, 1, (part) => part());
  const [first, ...further] = outcomes.flatMap((outcome) => ('error' in outcome ? outcome.error : []));
  for (const err of further) log.warn({ err }, 'failed too');
  if (first !== undefined) throw first;
}

export interface GatherOptions {
  /** Items in one run at most. */
  most: number;
  /** How long a run that hangs keeps the next one waiting, milliseconds. */
  patienceMs: number;
  clock: Pick<Clock, 'after'>;
}

interface Group<Item, Result> {
  items: Set<Item>;
  results: Promise<ReadonlyMap<Item, Result>>;
}

/**
 * Do together what is asked while a run is under way: the more callers ask at once, the less each costs. A run begins after
 * everyone in it has asked, so no caller receives what was read before it asked.
 *
 * @param runAll the results by item; each item is named once
 * @returns asks for one item; undefined when the run has no result for it
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

/** The items of all pages, one after the other; a page is read when its first item is asked for. */
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

/** Items in groups of one size; the last group may be smaller. */
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

/** Work for one key is done one after the other, in the order of asking; that for different keys goes on side by side. */
export function createMailbox() {
  const tails = new Map<string, Promise<void>>();
  return {
    run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
      const previous = tails.get(key);
      const result = previous === undefined ? work() : previous.then(work);
      // The tail only orders; the caller of `run` hears of a failure.
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
    /** Resolves once no work waits or is under way. */
    async idle(): Promise<void> {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
