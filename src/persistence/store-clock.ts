import type { Clock, SharedClock } from '../clock.js';

export interface StoreClockOptions {
  /** This machine's own. */
  clock: Clock;
  /**
   * The store's time, epoch milliseconds, at some moment of the call; fractions are cut off.
   *
   * @throws StoreUnavailableError
   */
  askTime(): Promise<number>;
}

/** The store is asked again when its last answer is older than this, milliseconds of the monotonic clock. */
const MAX_AGE_MS = 5_000;
/** The wall and the monotonic clock went apart by more than this since: one was stepped, or the machine slept. */
const STEP_MS = 500;
const RESOLUTION_MS = 1;

/**
 * The store's time, kept between two answers by the monotonic clock: neither a wrong wall clock nor its steps are noticed.
 *
 * An answer was given somewhere between its question and its arrival, which bounds what the time can be. Only an estimate that
 * is out of these bounds is replaced, so a quick answer corrects it to the millisecond, and a slow one does no harm.
 *
 * @throws StoreUnavailableError the store could not be asked even once
 */
export async function createStoreClock({ clock, askTime }: StoreClockOptions): Promise<SharedClock> {
  let measured = await measure();
  let measuring: Promise<void> | undefined;

  const now = () => Math.floor(measured.origin + clock.monotonic());
  const offset = () => clock.now() - now();

  /** @returns the store's time at the monotonic clock's zero, and when and at which offset it was measured */
  async function measure(origin?: number): Promise<{ origin: number; at: number; offset: number }> {
    const begunAt = clock.monotonic();
    const time = await askTime();
    const at = clock.monotonic();
    const [earliest, latest] = [time - at, time + RESOLUTION_MS - begunAt];
    const isStillTrue = origin !== undefined && earliest <= origin && origin <= latest;
    const best = isStillTrue ? origin : (earliest + latest) / 2;
    return { origin: best, at, offset: clock.now() - best - at };
  }

  function isStale(): boolean {
    return clock.monotonic() - measured.at > MAX_AGE_MS || Math.abs(offset() - measured.offset) > STEP_MS;
  }

  async function measureAgain(): Promise<void> {
    try {
      measured = await measure(measured.origin);
    } finally {
      measuring = undefined;
    }
  }

  return {
    now,
    monotonic: () => clock.monotonic(),
    after: (delayMs, run) => clock.after(delayMs, run),
    async offsetMs() {
      if (isStale()) await (measuring ??= measureAgain());
      return offset();
    },
  };
}
