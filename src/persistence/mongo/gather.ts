import { setTimeout as pause } from 'node:timers/promises';

interface Group<Item, Result> {
  items: Set<Item>;
  results: Promise<ReadonlyMap<Item, Result>>;
}

/** How long a run is waited for, milliseconds; one that hangs holds up no other. */
const PATIENCE_MS = 100;

/**
 * Do together what comes while a run is under way: the more ask at once, the less each costs. A run begins after everybody of it
 * has asked, so that nobody is given what was read before he asked.
 *
 * @param runAll what comes of the items, each of which is named once
 * @param most items of one run
 */
export function gather<Item, Result>(
  runAll: (items: Item[]) => Promise<ReadonlyMap<Item, Result>>,
  most: number,
): (item: Item) => Promise<Result | undefined> {
  const underWay = new Set<Promise<void>>();
  let next: Group<Item, Result> | undefined;

  function prepare(): Group<Item, Result> {
    const isFree = underWay.size === 0;
    const turn = isFree ? Promise.resolve() : Promise.race([...underWay, pause(PATIENCE_MS, undefined, { ref: false })]);
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
