import type { Config } from '../config/config.js';
import { createJobs } from '../jobs/jobs.js';
import type { Scheduler } from '../jobs/scheduler.js';
import { createTurn } from '../jobs/locks.js';
import { createRecordingKeeper } from '../machines/reconcile/recordings.js';
import { createReconciler, type Reconciler } from '../machines/reconcile/reconciler.js';
import { createStrayKeeper } from '../machines/reconcile/strays.js';
import { createMeetingKeeper } from '../machines/reconcile/meetings.js';
import type { Machines } from './machines.js';
import type { Ports } from './ports.js';

/** After one instance has begun a reconcile pass, no other instance begins one for this time, milliseconds. */
const PASS_TURN_MS = 5_000;

/** Creates the reconciler, which compares recordings, egresses without a recording, and meetings with LiveKit. */
export function createReconciliation({ timers, projectId }: Config, ports: Ports, { recordings, rooms }: Machines): Reconciler {
  const { recordings: store, rooms: roomStore, jobLocks, livekit, media, clock } = ports;
  const { suspectRecheckMs: recheckMs, recorderGoneMs: goneMs, reconcileIntervalMs: intervalMs } = timers;
  const shared = { store, livekit, clock, recheckMs, goneMs };
  const logOf = (part: string) => ports.log.child({ part });
  const log = logOf('reconcile');
  return createReconciler({
    ...shared,
    log,
    intervalMs,
    recordings: createRecordingKeeper({ ...shared, supervisor: recordings, log }),
    strays: createStrayKeeper({
      ...shared,
      supervisor: recordings,
      rooms: roomStore,
      media,
      nameId: projectId,
      log: logOf('strays'),
    }),
    meetings: createMeetingKeeper({
      ...shared,
      supervisor: rooms,
      store: roomStore,
      isRecorded: async (roomId) => (await store.findLive(roomId)) !== undefined,
      log: logOf('meetings'),
    }),
    mayPass: createTurn('reconcilePass', { locks: jobLocks, ttlMs: Math.min(PASS_TURN_MS, intervalMs / 2), log }),
  });
}

/** Creates the periodic jobs. They subscribe to connections of the lock service at once, so close them even if never started. */
export function createRepairJobs({ timers }: Config, ports: Ports, { recordings, commands }: Machines): Scheduler {
  return createJobs({
    ...ports,
    runs: ports.jobRuns,
    supervisor: recordings,
    roomCommands: commands.rooms,
    timers,
    log: ports.log.child({ part: 'jobs' }),
  });
}
