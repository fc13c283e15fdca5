import { setMaxListeners } from 'node:events';

import { ensureApiKey } from '../accounts/ensure-api-key.js';
import { type Clock, systemClock } from '../clock.js';
import { type Config, SHORTEST_KEY } from '../config/config.js';
import { reasonsOf, toError } from '../errors.js';
import { createDrain } from '../http/server/drain.js';
import { listen } from '../http/server/listener.js';
import { createStartingAnswers } from '../http/probes/starting.js';
import type { Scheduler } from '../jobs/scheduler.js';
import type { Logger } from '../logging.js';
import type { Reconciler } from '../machines/reconcile/reconciler.js';
import { endLostEgresses } from '../machines/recording/commands/lost-egresses.js';
import { releaseOrphanedLocks } from '../machines/recording/commands/room-lock.js';
import { openPersistence, type Persistence } from '../persistence/index.js';
import { createEdge } from './edge.js';
import { type LiveKitServer, openLiveKitServer } from './livekit-server.js';
import { createMachines, type Machines } from './machines.js';
import { createPorts } from './ports.js';
import { createReconciliation, createRepairJobs } from './repair.js';
import { type Parts, shutDown } from './shutdown.js';

export interface AppOptions {
  log: Logger;
  /** The clock of this machine. Default: the system clock. */
  clock?: Clock;
  /** Aborted when the program must stop before it serves requests. */
  signal?: AbortSignal;
}

export interface App extends Machines, Pick<LiveKitServer, 'simulator'> {
  /** Where the HTTP server listens. */
  url: string;
  /** The API key for clients: the first key in the store. */
  apiKey: string;
  reconciler: Reconciler;
  jobs: Scheduler;
  persistence: Persistence;
  /** Resolves when no event is being processed and no effect runs. */
  idle(): Promise<void>;
  /**
   * Answer the starts under way, refuse other requests, let running work end, and close everything, within 10 s. Safe to call
   * twice.
   */
  close(): Promise<void>;
}

const NEVER = new AbortController().signal;

/**
 * Open the HTTP port, build all parts, take over the unfinished work of an earlier process, and serve. Until then, requests are
 * answered that Tally is starting.
 *
 * @throws DataFolderInUseError, InvalidInputError (a port is taken, a folder cannot be used), StoreUnavailableError: everything
 *   that was opened is closed again
 * @throws the signal's reason: everything is closed again, too
 */
export async function createApp(config: Config, { log, clock = systemClock, signal = NEVER }: AppOptions): Promise<App> {
  const parts: Parts = {};
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal); // each start under way listens
  const close = once(() => shutDown(parts, { clock, log, drainMs: config.timers.drainMs, leaving }));
  try {
    const starting = createStartingAnswers();
    const listener = (parts.listener = await listen(config.http.host, config.http.port, starting.answer));
    const onMigrating = (): void => starting.migrating();
    const persistence = (parts.persistence = await openPersistence(config, { clock, log, signal, onMigrating }));
    signal.throwIfAborted();
    const { simulator, ...server } = await openLiveKitServer(config, `${listener.url}/livekit/webhook`);
    if (simulator !== undefined) parts.simulator = simulator;

    const ports = createPorts(config, persistence, server, log);
    const machines = (parts.machines = createMachines(config, ports, leaving.signal));
    const { recordings, rooms } = machines;
    const reconciler = (parts.reconciler = createReconciliation(config, ports, machines));

    const apiKey = await ensureApiKey({
      ...ports,
      locks: ports.jobLocks,
      initialKey: config.initialApiKey,
      resetText: config.resetApiKey,
      shortestKey: SHORTEST_KEY,
      signal,
    });
    // Not awaited, because a bucket may take seconds to answer, and Tally serves without it.
    void ports.ping
      .media()
      .catch((error: unknown) => log.warn({ reason: reasonsOf(toError(error)) }, 'the media store cannot be used yet'));
    const isAlone = ports.exclusive && config.locks.kind === 'embedded';
    if (isAlone) await releaseOrphanedLocks(ports.roomLocks, ports.recordings, log);
    if (ports.exclusive && simulator !== undefined) await endLostEgresses(ports.recordings, recordings, ports.clock, log);
    await Promise.all([recordings.start(), rooms.start()]);
    reconciler.start();
    const jobs = (parts.jobs = createRepairJobs(config, ports, machines));
    await jobs.start();
    const drain = (parts.drain = createDrain(createEdge(config, ports, machines, listener.port)));
    listener.serve(drain.answer);

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
      close,
    };
  } catch (error) {
    await close().catch((failure: unknown) => {
      log.warn({ err: toError(failure) }, 'not closed after a start that failed');
    });
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
