import type { ActorDocument } from './document.js';

/** The documents that this process wrote last, each as it was stored then: a guess at what is stored now, never the truth. */
export interface RecentDocuments<Context extends object> {
  get(key: string): ActorDocument<Context> | undefined;
  set(key: string, document: ActorDocument<Context>): void;
  delete(key: string): void;
}

/** @param limit how many are kept; of more, those written longest ago go */
export function createRecentDocuments<Context extends object>(limit: number): RecentDocuments<Context> {
  const documents = new Map<string, ActorDocument<Context>>();
  return {
    get: (key) => documents.get(key),
    set(key, document) {
      documents.delete(key);
      documents.set(key, document);
      const [oldest] = documents.size > limit ? documents.keys() : [];
      if (oldest !== undefined) documents.delete(oldest);
    },
    delete: (key) => void documents.delete(key),
  };
}
