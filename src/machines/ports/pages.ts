/** Where a page ended; the next one starts strictly after it. */
export interface PageCursor {
  /** The sort field of the last item: `startDate`, null when it had none. */
  value: number | null;
  /** The store's own tie-breaker of the last item. */
  id: string;
}

export interface Page<Item> {
  items: Item[];
  /** Present exactly when more items exist. */
  next?: PageCursor;
}
