import type { Clock } from '../../clock.js';

/**
 * The time that all processes on one store keep: the store's. What one of them writes (leases, deadlines, ages) means the same
 * to the others, whatever their machines' own clocks say.
 */
export interface SharedClock extends Clock {
  /**
   * Milliseconds by which this machine's own wall clock is ahead of the shared one, as measured not long ago; negative: behind.
   *
   * @throws StoreUnavailableError it could not be measured
   */
  offsetMs(): Promise<number>;
}

/** A machine whose own clock is off by more than this is not to be trusted with what others left. */
export const CLOCK_TOLERANCE_MS = 2_000;
