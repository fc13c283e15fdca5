/** The parts of a comma-separated list, without the spaces around them; blank ones are none. */
export function partsOf(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
