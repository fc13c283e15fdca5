/** Runs tasks of one key one after the other, in the order they came; tasks of different keys run side by side. */
export interface Mailbox {
  run<Result>(key: string, task: () => Promise<Result>): Promise<Result>;
  /** Resolves once no task is waiting or running. */
  idle(): Promise<void>;
}

export function createMailbox(): Mailbox {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, task) {
      const previous = tails.get(key);
      const result = previous === undefined ? task() : previous.then(task, task);
      // The tail only orders; whoever called `run` hears of a failure.
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
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
