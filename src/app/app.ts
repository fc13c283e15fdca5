import { setTimeout as pause } from 'node:timers/promises';

import { ensureApiKey } from '../accounts/ensure-api-key.js';
import { createEdge } from './edge.js';
import { type LiveKitServer, openLiveKitServer } from './livekit-server.js';
import { createMachines, type Machines } from './machines.js';
import { createPorts } from './ports.js';
import { createReconciliation, createRepairJobs } from './repair.js';
import { type Clock, systemClock } from '../clock.js';
import type { Config } from '../config/config.js';
import { toError } from '../errors.js';
import { listen } from '../http/listener.js';
import type { Scheduler } from '../jobs/scheduler.js';
import type { Logger } from '../logging.js';
import { releaseOrphanedLocks } from '../machines/recording/commands/orphaned-locks.js';
import type { Reconciler } from '../machines/reconcile/reconciler.js';
import { openPersistence, type Persistence } from '../persistence/index.js';

export interface AppOptions {
  log: Logger;
  /** This machine's. Default: the system's. */
  clock?: Clock;
}

export interface App extends Machines, Pick<LiveKitServer, 'simulator'> {
  /** Where the HTTP server listens. */
  url: string;
  /** The key that clients use; the first one stored. */
  apiKey: string;
  reconciler: Reconciler;
  jobs: Scheduler;
  persistence: Persistence;
  /** Resolves when no event is being taken in and no effect runs. */
  idle(): Promise<void>;
  /** Stop intake, drain, close what is ours: within 10 s. Safe to call twice. */
  close(): Promise<void>;
}

/** Time for open requests, then for running effects, when the process is told to stop. */
const REQUEST_GRACE_MS = 4_000;
const EFFECT_GRACE_MS = 2_000;

/**
 * Build everything with plain calls, take over what an earlier process left, and serve.
 *
 * @throws DataFolderInUseError, InvalidInputError (a port is taken, a folder cannot be used), StoreUnavailableError: nothing is
 *   left running
 */
export async function createApp(config: Config, { log, clock: ownClock = systemClock }: AppOptions): Promise<App> {
  const closers: (() => Promise<void>)[] = [];
  try {
    const persistence = await openPersistence(config, {
      clock: ownClock,
      log,
      signal: new AbortController().signal,
      onMigrating: () => undefined,
    });
    closers.push(() => persistence.close());
    const listener = await listen(config.http.host, config.http.port);
    closers.push(() => listener.close(0));
    const livekitServer = await openLiveKitServer(config, `${listener.url}/livekit/webhook`);
    const { simulator } = livekitServer;
    if (simulator !== undefined) closers.push(() => simulator.close());

    const ports = createPorts(config, persistence, livekitServer, log);
    const machines = createMachines(config, ports);
    const { recordings, rooms } = machines;
    closers.push(async () => {
      await Promise.all([recordings.stop(0), rooms.stop(0)]);
    });
    const reconciler = createReconciliation(config, ports, machines);
    closers.push(() => reconciler.stop());

    const apiKey = await ensureApiKey(persistence.apiKeys, config.initialApiKey, ports.clock.now());
    const isAlone = persistence.exclusive && config.locks.kind === 'embedded';
    if (isAlone) await releaseOrphanedLocks({ locks: persistence.roomLocks, store: ports.store, log });
    await Promise.all([recordings.start(), rooms.start()]);
    reconciler.start();
    const jobs = createRepairJobs(config, ports, machines);
    closers.push(() => jobs.close());
    await jobs.start();
    listener.serve(createEdge(config, ports, machines, listener.port));

    return {
      url: listener.url,
      apiKey,
      ...(simulator === undefined ? {} : { simulator }),
      ...machines,
      reconciler,
      jobs,
      persistence,
      async idle() {
        await recordings.idle();
        await rooms.idle();
      },
      close: once(async () => {
        const rounds = Promise.all([reconciler.stop(), jobs.close()]);
        await Promise.all([listener.close(REQUEST_GRACE_MS), withinMs(REQUEST_GRACE_MS, rounds)]);
        await Promise.all([recordings.stop(EFFECT_GRACE_MS), rooms.stop(EFFECT_GRACE_MS)]);
        await simulator?.close();
        await persistence.close();
      }),
    };
  } catch (error) {
    for (const close of closers.reverse()) {
      await close().catch((failure: unknown) => {
        log.warn({ err: toError(failure) }, 'not closed after a start that failed');
      });
    }
    throw error;
  }
}

/** Wait for work, but no longer than this: a pass over a slow LiveKit changes nothing that the next process does not. */
async function withinMs(limitMs: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(limitMs, undefined, { signal: over.signal }).catch(() => undefined)]);
  over.abort();
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
