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

  return () => next ?? (current === undefined ? begin() : (next = current.then(begin)));
}
