import { type Clock, systemClock } from '../../src/clock.js';

/** The system's clock, whose wall time a test can move: timers and the monotonic clock do not notice. */
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
