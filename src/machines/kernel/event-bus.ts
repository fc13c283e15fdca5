/** A message that an actor's document has changed, which the receiver then reads. A lost message only delays the receiver. */
export interface Wakeup {
  /** The kind of actor, such as `recording`. */
  kind: string;
  key: string;
}

/** Delivery is best effort and includes the publisher's own messages. */
export interface EventBus {
  publish(wakeup: Wakeup): void;
  /** @returns a function that ends the subscription; safe to call twice */
  subscribe(listener: (wakeup: Wakeup) => void): () => void;
}

/** The bus of a single process. */
export function createLocalBus(): EventBus {
  const listeners = new Set<(wakeup: Wakeup) => void>();
  return {
    publish(wakeup) {
      for (const listener of [...listeners]) listener(wakeup);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
