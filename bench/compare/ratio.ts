import { middleOf } from '../results/middle.js';
import type { Result } from '../results/result.js';

/** The result of the old tree and that of the new one, measured one after the other. */
export interface Pair {
  old: Result;
  new: Result;
}

/** A figure of both trees, in the shape of a result whose value is the ratio. */
export interface Comparison extends Omit<Result, 'p5' | 'p95'> {
  /** The lowest of the pairs' ratios. */
  lowest: number;
  /** The highest. */
  highest: number;
  /** The median of the old tree. */
  old: number;
  /** The median of the new tree. */
  new: number;
  /** The unit of the medians. */
  of: string;
}

const LEAST_RATIO = 0.9;
/** A difference of two times can be zero or less: such a value counts as this. */
const LEAST_VALUE = 0.001;

/**
 * Compare the new tree with the old one: a ratio of 1 is the same, less is worse. It is the median of the pairs' own ratios,
 * because a machine that gets busier slows both of a pair.
 */
export function compareFigure(name: string, pairs: readonly Pair[]): Comparison {
  const ratios = pairs.map(ratioOf).sort((a, b) => a - b);
  const value = rounded(middleOf(ratios));
  return {
    name,
    value,
    unit: '×',
    target: LEAST_RATIO,
    op: '>=',
    ok: value >= LEAST_RATIO,
    n: pairs.length,
    lowest: rounded(ratios[0] ?? NaN),
    highest: rounded(ratios.at(-1) ?? NaN),
    old: middleOf(pairs.map((pair) => pair.old.value)),
    new: middleOf(pairs.map((pair) => pair.new.value)),
    of: pairs[0]?.new.unit ?? '',
  };
}

function ratioOf({ old, new: current }: Pair): number {
  const [before, now] = [old.value, current.value].map((value) => Math.max(value, LEAST_VALUE)) as [number, number];
  return current.op === '>=' ? now / before : before / now;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
