import { inject } from 'vitest';

import { createEmbeddedStores } from './embedded-stores.js';
import type { MediaFolder } from './media-folder.js';
import type { S3Server } from './s3-bucket.js';

/** The servers that all tests of a run share. */
export interface SharedServers {
  mongoUri: string;
  s3: S3Server;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined when the suites run on the embedded adapters. */
    servers: SharedServers | undefined;
  }
}

/** Empty stores of one test. */
export interface TestStores extends MediaFolder {
  /** Environment variables that make Tally use these stores. */
  env: Record<string, string>;
  dataDir: string;
  remove(): Promise<void>;
}

/** The differences between adapters that a test must know. */
export interface Adapters {
  /** The factor by which heavy work takes longer than on the embedded adapters. */
  patience: number;
  /** Additional time after a kill until everything is repaired, milliseconds, because leases must expire first. */
  laterMs: number;
  /** The length of a lease that has not expired when Tally starts again, milliseconds. */
  leaseMs: number;
  /** Time for which a lock without a recording blocks its room, milliseconds. */
  lockMs: number;
  /** Whether Tally uses the clock of the test. On shared stores it uses the clock of the store, which a test cannot move. */
  timeCanJump: boolean;
}

const servers = inject('servers');

/** An instance that uses its stores alone ignores old leases and locks when it starts. On shared stores they must expire. */
export const adapters: Adapters =
  servers === undefined
    ? { patience: 1, laterMs: 0, leaseMs: 3_600_000, lockMs: 0, timeCanJump: true }
    : { patience: 3, laterMs: 10_000, leaseMs: 4_000, lockMs: 15_000, timeCanJump: false };

/** Creates stores on the adapters of this run: the embedded adapters, or the shared servers. */
export async function createStores(): Promise<TestStores> {
  if (servers === undefined) return createEmbeddedStores();
  const { createRealStores } = await import('./real-stores.js');
  return createRealStores(servers);
}
