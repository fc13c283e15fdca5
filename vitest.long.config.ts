import { defineConfig } from 'vitest/config';

/** Suites of `npm test` that run at full size here. */
const atFullSize = [
  'test/scenarios/crashes/stopped-starts.test.ts',
  'test/scenarios/media/unmounted-folder.test.ts',
  'test/persistence/lmdb/close.test.ts',
];

// What takes minutes, or waits for real time to pass.
export default defineConfig({ test: { include: ['test/**/*.long.ts', ...atFullSize], env: { FULL_SIZE: 'true' } } });
