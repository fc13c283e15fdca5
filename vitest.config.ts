import { defineConfig } from 'vitest/config';

/**
 * When a test is given up that hangs. It says nothing of how long one takes, which is milliseconds, and for the scenarios
 * some seconds: on a small machine that is busy with a compiler everything takes many times that. What takes over 5 s on one that is
 * not says why, beside it.
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
    // Most tests wait for processes and timers rather than compute: two run side by side even on two cores.
    maxWorkers: 2,
  },
});
