import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/services/**', 'node_modules/**'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    testTimeout: 5_000,
    hookTimeout: 20_000,
    // Most tests wait for processes and timers rather than compute: two run side by side even on two cores.
    maxWorkers: 2,
  },
});
