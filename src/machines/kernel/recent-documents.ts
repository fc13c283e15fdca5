import type { Clock } from '../../clock.js';
import type { ActorDocument } from './document.js';

/** The documents that this process wrote last, each as it was stored then: a guess at what is stored now, never the truth. */
export interface RecentDocuments<Context extends object> {
  get(key: string): ActorDocument<Context> | undefined;
  set(key: string, document: ActorDocument<Context>): void;
  delete(key: string): void;
}

export interface RecentDocumentsOptions {
  clock: Pick<Clock, 'monotonic'>;
  /** How many are kept; of more, those written longest ago go. */
  limit: number;
  /** How long one is good for a guess, milliseconds. Who writes without counting versions is overwritten by what is built on it. */
  lifetimeMs: number;
}

export function createRecentDocuments<Context extends object>(options: RecentDocumentsOptions): RecentDocuments<Context> {
  const { clock, limit, lifetimeMs } = options;
  const entries = new Map<string, { document: ActorDocument<Context>; until: number }>();
  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && clock.monotonic() < entry.until ? entry.document : undefined;
    },
    set(key, document) {
      entries.delete(key);
      entries.set(key, { document, until: clock.monotonic() + lifetimeMs });
      const [oldest] = entries.size > limit ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
    },
    delete: (key) => void entries.delete(key),
  };
}
