import { setTimeout as pause } from 'node:timers/promises';

/** How long a read is waited for, milliseconds; one that hangs holds up no other. */
const PATIENCE_MS = 20;

/**
 * One read at a time for all who ask. Who asks while one is under way shares the next, so that nobody is given what was read before
 * he asked: what was deleted by then is not found.
 */
export function sharedRead<Result>(read: () => Promise<Result>): () => Promise<Result> {
  let current: Promise<unknown> | undefined;
  let next: Promise<Result> | undefined;

  function begin(): Promise<Result> {
    next = undefined;
    const mine = read();
    const over = mine.then(
      () => undefined,
      () => undefined,
    );
    current = over;
    void over.then(() => {
      if (current === over) current = undefined;
    });
    return mine;
  }

  return () => {
    if (next !== undefined) return next;
    if (current === undefined) return begin();
    return (next = Promise.race([current, pause(PATIENCE_MS, undefined, { ref: false })]).then(begin));
  };
}
