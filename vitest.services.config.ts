import { defineConfig } from 'vitest/config';

/** Real servers on a small machine: one file at a time, and waits that fit a browser's start. */
export default defineConfig({
  test: {
    include: ['test/services/**/*.test.ts'],
    fileParallelism: false,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 5_000,
    hookTimeout: 60_000,
  },
});
