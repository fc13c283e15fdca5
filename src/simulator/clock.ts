/** The simulator's time: wall-clock stamps, and delays that a speed divides. */
export interface SimulatorClock {
  /** Wall clock, epoch milliseconds. The speed never changes it. */
  now(): number;
  /** Run once after `delayMs` divided by the speed. The timer keeps no process alive; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** The same as a promise. Never settles once the clock is closed. */
  delay(delayMs: number): Promise<void>;
  /** Divide every delay, those already running included. */
  setSpeed(speed: number): void;
  readonly speed: number;
  /** Forget every timer. */
  close(): void;
}

interface Pending {
  dueAt: number;
  timer: NodeJS.Timeout;
  fire: () => void;
}

/** Node's timers take no more than this many milliseconds. */
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
    // A delay that rounds to nothing still yields, so that steps of different egresses interleave.
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

/** Nanoseconds since the epoch, as LiveKit's int64 stamps. */
export function toNanos(epochMs: number): bigint {
  return BigInt(epochMs) * 1_000_000n;
}
