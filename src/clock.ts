/** The one source of time. Tests drive their own. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never jumps. */
  monotonic(): number;
  /**
   * Run once after a delay on the monotonic clock. The timer keeps no process alive.
   *
   * @param delayMs 0 or more; more than 2^31−1 is capped there
   * @returns a function that cancels the timer; safe to call twice
   */
  after(delayMs: number, run: () => void): () => void;
}

const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
