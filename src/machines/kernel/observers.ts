import type { Clock } from '../../clock.js';
import type { ActorStore } from './actor-store.js';
import type { ActorDocument } from './document.js';
import type { EventBus } from './event-bus.js';

export interface ObserverOptions<Context extends object> {
  kind: string;
  store: ActorStore<Context>;
  bus: EventBus;
  clock: Clock;
}

/** Those who wait for an actor to become something. */
export interface Observers<Context extends object> {
  /** As the supervisor's `observe`. */
  observe(
    key: string,
    until: (document: ActorDocument<Context>) => boolean,
    timeoutMs: number,
  ): Promise<ActorDocument<Context> | undefined>;
  /** Wake-ups are heard no more; who waits still looks in time. */
  stop(): void;
}

/** A wake-up may be lost; whoever waits looks again after this time. */
const POLL_MS = 1_000;

export function createObservers<Context extends object>(options: ObserverOptions<Context>): Observers<Context> {
  const { kind, store, bus, clock } = options;
  const wakersOf = new Map<string, Set<() => void>>();
  const unsubscribe = bus.subscribe((wakeup) => {
    if (wakeup.kind === kind) for (const wake of wakersOf.get(wakeup.key) ?? []) wake();
  });

  /** Resolves at the next wake-up for the key, or after the time. */
  function nextChange(key: string, timeoutMs: number): { changed: Promise<void>; cancel: () => void } {
    let cancel: () => void = () => undefined;
    const changed = new Promise<void>((resolve) => {
      const wakers = wakersOf.get(key) ?? new Set<() => void>();
      wakersOf.set(key, wakers.add(resolve));
      const cancelTimer = clock.after(timeoutMs, resolve);
      cancel = () => {
        cancelTimer();
        wakers.delete(resolve);
        if (wakers.size === 0) wakersOf.delete(key);
        resolve();
      };
    });
    return { changed, cancel };
  }

  return {
    async observe(key, until, timeoutMs) {
      const end = clock.monotonic() + timeoutMs;
      for (;;) {
        const left = end - clock.monotonic();
        const next = nextChange(key, Math.min(POLL_MS, Math.max(left, 0)));
        try {
          const document = await store.load(key);
          if (document === undefined || until(document) || left <= 0) return document;
          await next.changed;
        } finally {
          next.cancel();
        }
      }
    },
    stop: unsubscribe,
  };
}
