import { middleOf } from '../results/middle.js';
import type { Result } from '../results/result.js';

/** A result of the old tree and the same of the new one, measured one after the other. */
export interface Pair {
  old: Result;
  new: Result;
}

/** What became of one figure, in the shape of a result whose value is a ratio. */
export interface Comparison extends Omit<Result, 'p5' | 'p95'> {
  /** Of the pairs' ratios. */
  lowest: number;
  highest: number;
  /** The medians. */
  old: number;
  new: number;
  /** The unit of the medians. */
  of: string;
}

const LEAST_RATIO = 0.9;
/** Differences of two times may come out at nothing or less, which no ratio can be made of. */
const LEAST_VALUE = 0.001;

/**
 * How the new tree does beside the old one: 1 is the same, less is worse. The median of the pairs' own ratios, because a machine
 * that gets busier meets both of a pair.
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
