/**
 * A name in the form in which names are compared: without differences of case, width, composition and white space. Neither end is
 * trimmed, because a part of a name may begin or end between two words.
 *
 * @see Unicode Standard Annex 15 (NFKC) and chapter 3.13 (case folding): `ß` is `ss`, and `ς` is `σ`
 */
export function foldName(name: string): string {
  // Upper case turns `ß` to `SS`, and lower case before it `ẞ` to `ß`.
  const folded = name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return folded.normalize('NFKC').replace(/\s+/g, ' ');
}
