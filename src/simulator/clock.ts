/** The simulator's time: the wall clock, and delays that are divided by a speed. */
export interface SimulatorClock {
  /** Wall clock, epoch milliseconds. The speed never changes it. */
  now(): number;
  /** Call `run` once after `delayMs` divided by the speed. The timer does not keep the process alive. @returns cancels it */
  after(delayMs: number, run: () => void): () => void;
  /** `after` as a promise. It never settles if the clock is closed before. */
  delay(delayMs: number): Promise<void>;
  /** Divide every delay by this speed, also delays that run already. */
  setSpeed(speed: number): void;
  readonly speed: number;
  /** Cancel all timers. */
  close(): void;
}

interface Pending {
  dueAt: number;
  timer: NodeJS.Timeout;
  fire: () => void;
}

/** The longest delay of a timer of Node.js. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createClock(initialSpeed: number): SimulatorClock {
  const pending = new Set<Pending>();
  let speed = initialSpeed;
  let closed = false;

  const arm = (fire: () => void, waitMs: number): NodeJS.Timeout => setTimeout(fire, Math.min(waitMs, LONGEST_TIMER_MS)).unref();

  const after = (delayMs: number, run: () => void): (() => void) => {
    if (closed) return () => undefined;
    const waitMs = Math.round(delayMs / speed);
    const entry: Pending = {
      dueAt: performance.now() + waitMs,
      fire: () => {
        pending.delete(entry);
        run();
      },
      timer: arm(() => entry.fire(), waitMs),
    };
    pending.add(entry);
    return () => {
      clearTimeout(entry.timer);
      pending.delete(entry);
    };
  };

  const setSpeed = (next: number): void => {
    const ratio = speed / next;
    speed = next;
    const now = performance.now();
    for (const entry of pending) {
      clearTimeout(entry.timer);
      const leftMs = Math.max(0, Math.round((entry.dueAt - now) * ratio));
      entry.dueAt = now + leftMs;
      entry.timer = arm(entry.fire, leftMs);
    }
  };

  return {
    now: () => Date.now(),
    after,
    // A delay that rounds to 0 still yields to the event loop, so that steps of different egresses interleave.
    delay: (delayMs) => new Promise((resolve) => after(delayMs, resolve)),
    setSpeed,
    get speed() {
      return speed;
    },
    close: () => {
      closed = true;
      for (const entry of pending) clearTimeout(entry.timer);
      pending.clear();
    },
  };
}

/** Nanoseconds since the epoch, the unit of LiveKit's int64 instants. */
export function toNanos(epochMs: number): bigint {
  return BigInt(epochMs) * 1_000_000n;
}
