import { setImmediate as turn } from 'node:timers/promises';

import { createRandom } from './random.js';

/** What becomes of a call: it happens; it fails without effect; it takes effect and its answer is lost. */
export type Verdict = 'proceed' | 'fail_before' | 'fail_after';

/**
 * Stands at every port call of the in-memory adapters. Open (the default), calls pass at once; held, each waits until the
 * schedule lets it go. The same seed over the same calls gives the same schedule and the same faults.
 */
export interface Gate {
  /** @param label port and method, such as `recordings.save` */
  pass(label: string): Promise<Verdict>;
  /** From now on, calls wait for `step`. */
  hold(): void;
  /** Let everything go that waits, in order, and everything after it. */
  open(): void;
  /**
   * Let one waiting call go, drawn by the seed.
   *
   * @param match only a call whose label contains this
   * @returns the label of the call; undefined when none waits
   */
  step(match?: string): string | undefined;
  /** Step until nothing waits any more, giving the callers time to go on after each step. */
  settle(): Promise<void>;
  /** The next call whose label contains `match` gets this verdict, whether the gate is open or held. Repeats queue up. */
  failNext(match: string, verdict: Exclude<Verdict, 'proceed'>): void;
  /** Labels of the calls that wait, oldest first. */
  waiting(): string[];
  /** Labels of the calls let through so far, with the verdict when it was a failure. */
  readonly trace: string[];
}

export interface GateOptions {
  /** Default 1. */
  seed?: number;
  /** Start held instead of open. */
  held?: boolean;
  /** Shares of the calls that fail before and after their effect, 0 to 1. Default none. */
  faults?: { before?: number; after?: number };
}

interface Waiter {
  label: string;
  go: () => void;
}

export function createGate(options: GateOptions = {}): Gate {
  const random = createRandom(options.seed ?? 1);
  const { before = 0, after = 0 } = options.faults ?? {};
  const waiters: Waiter[] = [];
  const planned: { match: string; verdict: Verdict }[] = [];
  const trace: string[] = [];
  let held = options.held ?? false;

  return {
    trace,
    async pass(label) {
      if (held) await new Promise<void>((go) => waiters.push({ label, go }));
      const verdict = judge(label);
      trace.push(verdict === 'proceed' ? label : `${label} ${verdict}`);
      return verdict;
    },
    hold() {
      held = true;
    },
    open() {
      held = false;
      for (const waiter of waiters.splice(0)) waiter.go();
    },
    step,
    async settle() {
      do await turn();
      while (step() !== undefined);
    },
    failNext(match, verdict) {
      planned.push({ match, verdict });
    },
    waiting: () => waiters.map(({ label }) => label),
  };

  function step(match = ''): string | undefined {
    const candidates = waiters.filter(({ label }) => label.includes(match));
    const chosen = candidates[random.below(candidates.length)];
    if (chosen === undefined) return undefined;
    waiters.splice(waiters.indexOf(chosen), 1);
    chosen.go();
    return chosen.label;
  }

  function judge(label: string): Verdict {
    const index = planned.findIndex(({ match }) => label.includes(match));
    const [plan] = index < 0 ? [] : planned.splice(index, 1);
    if (plan !== undefined) return plan.verdict;
    if (before + after === 0) return 'proceed';
    const draw = random.next();
    if (draw < before) return 'fail_before';
    return draw < before + after ? 'fail_after' : 'proceed';
  }
}

/** The errors of one port: what a call without effect throws, and what one throws whose answer was lost. */
export interface GateErrors {
  unavailable: (message: string) => Error;
  unknown: (message: string) => Error;
}

/** Run one port call behind the gate. An effect in memory is synchronous, as a store's commit is atomic. */
export async function throughGate<Result>(
  gate: Gate,
  label: string,
  errors: GateErrors,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  const verdict = await gate.pass(label);
  if (verdict === 'fail_before') throw errors.unavailable(`${label}: failed by the gate, without effect`);
  const result = await run();
  if (verdict === 'fail_after') throw errors.unknown(`${label}: answer withheld by the gate`);
  return result;
}
