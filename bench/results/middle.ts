/** The median. Of an even number of samples it is the upper one of the middle two. */
export function middleOf(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? NaN;
}
