import type { ActorEvent, Hosting } from './definition.js';
import type { ActorDocument } from './document.js';

export type Observers<Context extends object> = ReturnType<typeof createObservers<Context, ActorEvent>>;

/** A wake-up may be lost: those who wait look again after this time. */
const POLL_MS = 1_000;

/** Those who wait for an actor to become something. */
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

  /** Resolves at the next wake-up for the key, with the document where it is known, or after the time. */
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
     * Wait until the stored document satisfies a predicate; resolves with the newest one read, which may not satisfy it
     * when the time is over, or undefined when the document is gone.
     *
     * @param seen what was committed this very instant, so that it need not be read
     */
    async observe(
      key: string,
      until: (document: ActorDocument<Context>) => boolean,
      timeoutMs: number,
      seen?: ActorDocument<Context>,
    ): Promise<ActorDocument<Context> | undefined> {
      const end = clock.monotonic() + timeoutMs;
      for (let known = seen; ;) {
        const left = end - clock.monotonic();
        const next = nextChange(key, Math.min(POLL_MS, Math.max(left, 0)));
        try {
          const document = known ?? (await store.load(key));
          if (document === undefined || until(document) || left <= 0) return document;
          known = await next.changed;
        } finally {
          next.cancel();
        }
      }
    },
    /** Tell everybody, other instances too, that there is news. @param document what was committed this very instant, if known */
    announce(key: string, document?: ActorDocument<Context>): void {
      for (const wake of wakersOf.get(key) ?? []) wake(document);
      bus.publish({ kind, key });
    },
    /** Wake-ups are heard no more; those who wait still look in time. */
    stop: unsubscribe,
  };
}
