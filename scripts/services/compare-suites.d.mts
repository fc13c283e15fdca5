export interface ListedCase {
  /** Titles from the outermost `describe` inwards, joined by ` > `. */
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
  /** How it ended; absent when it was only listed. */
  readonly state?: string;
}

/**
 * Whether each suite of the embedded adapters has run on real ones: the same cases, all of them passed.
 *
 * @returns rows of text with their heading, and in words what is not as it must be
 */
export function compareSuites(
  embedded: readonly ListedCase[],
  real: readonly ListedCase[],
): { rows: string[][]; faults: string[] };
