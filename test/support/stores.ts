import { inject } from 'vitest';

import { createEmbeddedStores } from './embedded-stores.js';
import type { MediaFolder } from './media-folder.js';
import type { S3Server } from './s3-bucket.js';

/** Servers that the whole run shares. */
export interface SharedServers {
  mongoUri: string;
  s3: S3Server;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent when the suites run on the embedded adapters. */
    servers: SharedServers | undefined;
  }
}

/** Empty stores, of one test's own. */
export interface TestStores extends MediaFolder {
  /** Variables with which Tally uses them. */
  env: Record<string, string>;
  dataDir: string;
  remove(): Promise<void>;
}

/** What a test has to know of the adapters that it runs on. */
export interface Adapters {
  /** How much longer much work takes than on the embedded ones. */
  patience: number;
  /** How much later everything is right after a kill, milliseconds: leases run out first. */
  laterMs: number;
  /** A lease that still runs when Tally starts again, milliseconds. */
  leaseMs: number;
  /** How long a lock without a recording keeps its room, milliseconds. */
  lockMs: number;
  /** Whether Tally goes by the clock that a test gives it; beside others it goes by the store's, which nobody can move. */
  timeCanJump: boolean;
}

const servers = inject('servers');

/** A process alone on its stores voids all leases and frees all orphaned locks at its start; beside others, they run out. */
export const adapters: Adapters =
  servers === undefined
    ? { patience: 1, laterMs: 0, leaseMs: 3_600_000, lockMs: 0, timeCanJump: true }
    : { patience: 3, laterMs: 10_000, leaseMs: 4_000, lockMs: 15_000, timeCanJump: false };

/** Stores on the adapters that this run is about: the embedded ones, or the servers that it has started. */
export async function createStores(): Promise<TestStores> {
  if (servers === undefined) return createEmbeddedStores();
  const { createRealStores } = await import('./real-stores.js');
  return createRealStores(servers);
}
