/** The position of the last item of a page; the next page starts strictly after it. */
export interface PageCursor {
  /** Sort field of the last item, such as `startDate`; null when the item does not have it. */
  value: number | null;
  /** The store's key of the last item, which orders items with the same value. */
  id: string;
}

export interface Page<Item> {
  items: Item[];
  /** Present exactly when more items exist. */
  next?: PageCursor;
}
