import { defineConfig } from 'vitest/config';

// What takes minutes, or waits for real time to pass.
export default defineConfig({ test: { include: ['test/**/*.long.ts'] } });
