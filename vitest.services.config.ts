import { defineConfig } from 'vitest/config';

import embedded from './vitest.config.js';

/**
 * On a small machine: first the suites of `npm test` on real adapters, two files at a time as there, on servers that they
 * share; then the tests that start servers of their own, one file at a time, with waits that fit a browser's start.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...embedded.test,
          name: 'real adapters',
          include: ['test/http/**/*.test.ts', 'test/scenarios/**/*.test.ts'],
          testTimeout: 180_000, // every write waits for three disks
          globalSetup: 'test/services/support/shared-servers.ts',
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...embedded.test,
          name: 'servers',
          include: ['test/services/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
