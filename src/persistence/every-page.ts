import type { Page, PageCursor } from '../machines/ports/pages.js';

/** The items of all pages, one after the other; each page is read when it is asked for. */
export async function* everyPage<Item>(
  read: (after: PageCursor | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let after: PageCursor | undefined;
  do {
    const page = await read(after);
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
