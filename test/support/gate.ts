import { setImmediate as turn } from 'node:timers/promises';

import { createRandom } from './random.js';

/** The fate of a call: it succeeds, it fails without effect, or it takes effect and its answer is lost. */
export type Verdict = 'proceed' | 'fail_before' | 'fail_after';

/**
 * Controls every port call of the in-memory adapters. While the gate is open (the default), calls pass at once. While it is held,
 * each call waits for `step`. The same seed and the same calls give the same schedule and the same faults.
 */
export interface Gate {
  /** @param label port and method, such as `recordings.save` */
  pass(label: string): Promise<Verdict>;
  /** Makes calls wait for `step` from now on. */
  hold(): void;
  /** Lets all waiting calls go in order, and all later calls pass at once. */
  open(): void;
  /**
   * Lets one waiting call go, chosen by the seed.
   *
   * @param match restricts the choice to calls whose label contains this text
   * @returns the label of the call; undefined when no call waits
   */
  step(match?: string): string | undefined;
  /** Steps until no call waits any more, and lets the callers continue after each step. */
  settle(): Promise<void>;
  /** Gives this verdict to the next call whose label contains `match`. Further calls of `failNext` queue up. */
  failNext(match: string, verdict: Exclude<Verdict, 'proceed'>): void;
  /** The labels of the waiting calls, oldest first. */
  waiting(): string[];
  /** The labels of the calls that have passed so far; a failed call has its verdict in the label. */
  readonly trace: string[];
}

export interface GateOptions {
  /** Default 1. */
  seed?: number;
  /** Whether the gate is held from the beginning. */
  held?: boolean;
  /** The shares of calls that fail before or after their effect, 0 to 1. Default none. */
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

/** The errors of one port: `unavailable` for a call without effect, `unknown` for a call whose answer is lost. */
export interface GateErrors {
  unavailable: (message: string) => Error;
  unknown: (message: string) => Error;
}

/** Runs one port call behind the gate. Its effect in memory is synchronous, as the commit of a store is atomic. */
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
