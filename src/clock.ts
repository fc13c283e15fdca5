/** The one source of time. Tests drive their own. */
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
 * The time that all instances on one store keep: the store's. The leases, deadlines and ages that one of them writes mean the same to
 * the others, whatever their machines' own clocks say.
 */
export interface SharedClock extends Clock {
  /**
   * Milliseconds by which this machine's own wall clock is ahead of the shared one, as measured not long ago; negative: behind.
   *
   * @throws StoreUnavailableError it could not be measured
   */
  offsetMs(): Promise<number>;
}

/** An instance whose machine's own clock is off by more than this many milliseconds leaves to the others what others left behind. */
export const CLOCK_TOLERANCE_MS = 2_000;

const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    // Node.js cuts off fractions and compares whole milliseconds: its timers fire up to a millisecond and a fraction early.
    const timer = setTimeout(run, Math.min(Math.ceil(Math.max(delayMs, 0)) + 1, MAX_TIMER_MS));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Work took longer than it was given. */
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
 * Do some work that must end in time. Work that is late goes on unless it heeds its signal; its result is dropped.
 *
 * @param limitMs milliseconds of the monotonic clock
 * @param work its signal is aborted when the time is over, or when `signal` is
 * @throws TimeLimitError the time is over; or the reason of `signal`
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
