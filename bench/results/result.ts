/** One measured figure; with percentiles if it is the median of samples. */
export interface Result {
  name: string;
  value: number;
  unit: string;
  target: number;
  op: '<=' | '>=';
  ok: boolean;
  n: number;
  p5?: number;
  p95?: number;
}

type Goal = Pick<Result, 'name' | 'unit' | 'target' | 'op'>;

export function single(goal: Goal, value: number, n: number): Result {
  const rounded = round(value);
  return { ...goal, value: rounded, ok: meets(rounded, goal), n };
}

/** The median of samples, with its percentiles. */
export function median(goal: Goal, samples: readonly number[]): Result {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
  const value = at(0.5);
  return { ...goal, value, ok: meets(value, goal), n: sorted.length, p5: at(0.05), p95: at(0.95) };
}

function meets(value: number, { op, target }: Goal): boolean {
  return op === '<=' ? value <= target : value >= target;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
