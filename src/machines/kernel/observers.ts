import type { ActorEvent, Hosting } from './definition.js';
import type { ActorDocument } from './document.js';

export type Observers<Context extends object> = ReturnType<typeof createObservers<Context, ActorEvent>>;

/** Waiting callers read the document at least this often, milliseconds, because a wake-up may be lost. */
const POLL_MS = 1_000;

/** Lets callers wait until an actor's document satisfies a predicate. */
export function createObservers<Context extends object, Event extends ActorEvent>({
  definition: { kind },
  store,
  bus,
  clock,
}: Hosting<Context, Event>) {
  type Wake = (document?: ActorDocument<Context>) => void;
  const wakersOf = new Map<string, Set<Wake>>();
  const unsubscribe = bus.subscribe((wakeup) => {
    if (wakeup.kind === kind) for (const wake of wakersOf.get(wakeup.key) ?? []) wake();
  });

  /** Resolves at the next wake-up for the key, with the document if it is known, or after `timeoutMs` with undefined. */
  function nextChange(key: string, timeoutMs: number) {
    let cancel: () => void = () => undefined;
    const changed = new Promise<ActorDocument<Context> | undefined>((resolve) => {
      const wakers = wakersOf.get(key) ?? new Set<Wake>();
      wakersOf.set(key, wakers.add(resolve));
      const cancelTimer = clock.after(timeoutMs, () => {
        resolve(undefined);
      });
      cancel = () => {
        cancelTimer();
        wakers.delete(resolve);
        if (wakers.size === 0) wakersOf.delete(key);
        resolve(undefined);
      };
    });
    return { changed, cancel };
  }

  return {
    /**
     * Wait until the stored document satisfies a predicate. Resolves with the document read last, which may not satisfy it if the
     * time has passed; or with undefined if the document does not exist.
     *
     * @param seen the document as just saved, so that it need not be read
     * @param signal ends the wait as if the time had passed
     */
    async observe(
      key: string,
      until: (document: ActorDocument<Context>) => boolean,
      timeoutMs: number,
      seen?: ActorDocument<Context>,
      signal?: AbortSignal,
    ): Promise<ActorDocument<Context> | undefined> {
      const end = clock.monotonic() + timeoutMs;
      for (let known = seen; ;) {
        const left = end - clock.monotonic();
        const next = nextChange(key, Math.min(POLL_MS, Math.max(left, 0)));
        signal?.addEventListener('abort', next.cancel);
        try {
          const document = known ?? (await store.load(key));
          if (document === undefined || until(document) || left <= 0 || signal?.aborted === true) return document;
          known = await next.changed;
        } finally {
          signal?.removeEventListener('abort', next.cancel);
          next.cancel();
        }
      }
    },
    /** Wake up the waiting callers, in other instances too. @param document the document as just saved, if known */
    announce(key: string, document?: ActorDocument<Context>): void {
      for (const wake of wakersOf.get(key) ?? []) wake(document);
      bus.publish({ kind, key });
    },
    /** Stop listening for wake-ups; waiting callers still read the document once per second. */
    stop: unsubscribe,
  };
}
