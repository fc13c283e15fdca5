import { createLocalJobLocks } from '../../src/persistence/local-job-locks.js';
import { jobLocksContract } from '../contracts/job-locks.js';
import { createTestClock } from '../support/test-clock.js';

jobLocksContract({
  name: 'local',
  create: async () => {
    const clock = createTestClock();
    return { locks: createLocalJobLocks({ clock }), elapse: clock.advance };
  },
});
