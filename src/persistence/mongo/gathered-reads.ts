import { setTimeout as pause } from 'node:timers/promises';

type Read<Found> = (key: string) => Promise<Found | undefined>;

/** How long a query is waited for, milliseconds; one that hangs holds up no other. */
const PATIENCE_MS = 20;

/**
 * Read by key, one query at a time: who asks while one is under way is gathered for the next. Nobody is given what was read before
 * he asked, and the more ask at once the less each costs.
 *
 * @param readAll what is found of the keys, each of which is named once
 */
export function gatherReads<Found>(readAll: (keys: string[]) => Promise<ReadonlyMap<string, Found>>): Read<Found> {
  let current: Promise<void> = Promise.resolve();
  let running = 0;
  let next: { keys: Set<string>; found: Promise<ReadonlyMap<string, Found>> } | undefined;

  function gather(): NonNullable<typeof next> {
    const keys = new Set<string>();
    const before = running === 0 ? current : Promise.race([current, pause(PATIENCE_MS, undefined, { ref: false })]);
    const found = before.then(() => query([...keys]));
    return { keys, found };
  }

  async function query(keys: string[]): Promise<ReadonlyMap<string, Found>> {
    next = undefined;
    running += 1;
    const found = readAll(keys).finally(() => (running -= 1));
    current = found.then(
      () => undefined,
      () => undefined,
    );
    return found;
  }

  return async (key) => {
    const { keys, found } = (next ??= gather());
    keys.add(key);
    return (await found).get(key);
  };
}
