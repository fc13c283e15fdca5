/** The only source of time in the program. Tests pass a clock that they move themselves. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never jumps. */
  monotonic(): number;
  /**
   * Run once after a delay on the monotonic clock, never before it. The timer keeps no process alive.
   *
   * @param delayMs 0 or more; more than 2^31−1 is capped there
   * @returns a function that cancels the timer; safe to call twice
   */
  after(delayMs: number, run: () => void): () => void;
}

/**
 * The clock of the store, which all its instances use. A lease, deadline or age that one instance writes means the same to every
 * other instance, even if the clocks of their machines differ.
 */
export interface SharedClock extends Clock {
  /**
   * Milliseconds by which this machine's wall clock is ahead of the shared clock (negative: behind), from a recent measurement.
   *
   * @throws StoreUnavailableError the offset could not be measured
   */
  offsetMs(): Promise<number>;
}

/** An instance does not sweep while its machine's clock differs from the shared clock by more than this, milliseconds. */
export const CLOCK_TOLERANCE_MS = 2_000;

const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    // Node.js truncates delays and compares whole milliseconds, so its timers may fire almost two milliseconds early.
    const timer = setTimeout(run, Math.min(Math.ceil(Math.max(delayMs, 0)) + 1, MAX_TIMER_MS));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** The work did not end within its time limit. */
export class TimeLimitError extends Error {
  constructor(limitMs: number) {
    super(`No answer within ${String(limitMs)} ms`);
    this.name = 'TimeLimitError';
  }
}

/**
 * Wait for some milliseconds of the monotonic clock.
 *
 * @throws the signal's reason, as soon as it is aborted
 */
export async function sleep(ms: number, clock: Pick<Clock, 'after'>, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  let wake = (): void => undefined;
  const woken = new Promise<void>((resolve) => (wake = resolve));
  const cancel = clock.after(ms, wake);
  signal?.addEventListener('abort', wake);
  await woken;
  cancel();
  signal?.removeEventListener('abort', wake);
  signal?.throwIfAborted();
}

/**
 * Run some work with a time limit. Work that exceeds it continues unless it reacts to its signal, but its result is dropped.
 *
 * @param limitMs milliseconds of the monotonic clock
 * @param work receives a signal that is aborted when the time has passed or `signal` is aborted
 * @throws TimeLimitError the time has passed; or the reason of `signal`
 */
export async function within<Result>(
  limitMs: number,
  clock: Pick<Clock, 'after'>,
  work: (signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const cut = new Promise<never>((_, reject) => {
    over.signal.addEventListener('abort', () => reject(over.signal.reason as Error), { once: true });
  });
  const cancel = clock.after(limitMs, () => over.abort(new TimeLimitError(limitMs)));
  const giveUp = (): void => over.abort(signal?.reason);
  signal?.addEventListener('abort', giveUp);
  try {
    return await Promise.race([work(over.signal), cut]);
  } finally {
    cancel();
    signal?.removeEventListener('abort', giveUp);
  }
}
