/** The trimmed parts of a comma-separated list. Blank parts are dropped. */
export function partsOf(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
