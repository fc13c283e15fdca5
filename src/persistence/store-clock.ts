import type { Clock, SharedClock } from '../clock.js';

export interface StoreClockOptions {
  /** The clock of this machine. */
  clock: Clock;
  /**
   * Read the store's time during the call, epoch milliseconds, rounded down.
   *
   * @throws StoreUnavailableError the store does not answer
   */
  askTime(): Promise<number>;
}

/** The store's time is measured again after this long, milliseconds of the monotonic clock. */
const MAX_AGE_MS = 5_000;
/** A larger drift between wall clock and monotonic clock, milliseconds, means that the clock was set or the machine slept. */
const STEP_MS = 500;
const RESOLUTION_MS = 1;

/**
 * A clock that shows the store's time and follows the monotonic clock between measurements, so wall-clock errors have no effect.
 *
 * The store read its clock between the request and the answer, which bounds the true time. An estimate is replaced only if it is
 * out of these bounds, so a fast answer corrects it to the millisecond, and a slow answer does no harm.
 *
 * @throws StoreUnavailableError the first measurement failed
 */
export async function createStoreClock({ clock, askTime }: StoreClockOptions): Promise<SharedClock> {
  let measured = await measure();
  let measuring: Promise<void> | undefined;

  const now = () => Math.floor(measured.origin + clock.monotonic());
  const offset = () => clock.now() - now();

  /** @returns `origin`: store time at the monotonic clock's zero; `at`: when measured (monotonic); `offset`: of the wall clock */
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
