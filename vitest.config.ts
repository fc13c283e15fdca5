import { defineConfig } from 'vitest/config';

/**
 * After this time a test counts as hung. Most tests take milliseconds, scenarios a few seconds; a busy small machine takes many
 * times as long. A test that takes over 5 s on a quiet machine says why, beside it.
 */
const HANGS_AFTER_MS = 60_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/services/**', 'node_modules/**'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: HANGS_AFTER_MS,
    hookTimeout: HANGS_AFTER_MS,
    expect: { poll: { timeout: HANGS_AFTER_MS / 2 } },
    // Most tests wait for processes and timers and compute little, so two files run at once even on two cores.
    maxWorkers: 2,
  },
});
