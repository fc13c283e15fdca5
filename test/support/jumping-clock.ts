import { type Clock, systemClock } from '../../src/clock.js';

/** The system clock with a wall time that a test can move. Timers and the monotonic clock are not affected. */
export interface JumpingClock extends Clock {
  jump(ms: number): void;
}

export function createJumpingClock(): JumpingClock {
  let offset = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + offset,
    jump(ms) {
      offset += ms;
    },
  };
}
