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

/** How long after an instance's comparison with LiveKit the others make none, milliseconds. */
const PASS_TURN_MS = 5_000;

/** The comparison with LiveKit: recordings, egresses that no recording owns, meetings. */
export function createReconciliation({ timers, projectId }: Config, ports: Ports, { recordings, rooms }: Machines): Reconciler {
  const { recordings: store, rooms: roomStore, jobLocks, livekit, media, clock } = ports;
  const log = ports.log.child({ part: 'reconcile' });
  const strays = createStrayKeeper({
    supervisor: recordings,
    store,
    rooms: roomStore,
    livekit,
    media,
    nameId: projectId,
    clock,
    log: ports.log.child({ part: 'strays' }),
    recheckMs: timers.suspectRecheckMs,
  });
  const meetings = createMeetingKeeper({
    supervisor: rooms,
    store: roomStore,
    livekit,
    isRecorded: async (roomId) => (await store.findLive(roomId)) !== undefined,
    clock,
    log: ports.log.child({ part: 'meetings' }),
    recheckMs: timers.suspectRecheckMs,
    goneMs: timers.recorderGoneMs,
  });
  return createReconciler({
    store,
    livekit,
    recordings: createRecordingKeeper({ supervisor: recordings, store, livekit, clock, log, goneMs: timers.recorderGoneMs }),
    strays,
    meetings,
    clock,
    log,
    intervalMs: timers.reconcileIntervalMs,
    recheckMs: timers.suspectRecheckMs,
    mayPass: createTurn('reconcilePass', {
      locks: jobLocks,
      ttlMs: Math.min(PASS_TURN_MS, timers.reconcileIntervalMs / 2),
      log,
    }),
  });
}

/** What comes round every few minutes. It hears of new connections to the room locks from now on: close it, started or not. */
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
