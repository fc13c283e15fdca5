import type { Timers } from '../config/config.js';
import type { Recordings } from '../machines/recording/events.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import type { RecordingStore } from '../machines/recording/recording-store.js';
import type { RoomLocks } from '../machines/ports/room-locks.js';
import type { RoomCommands } from '../machines/room/commands/commands.js';
import type { RoomStore } from '../machines/room/room-store.js';
import { deleteExpiredRooms } from './expired-rooms.job.js';
import type { Job } from './job.js';
import { collectOrphanedLocks } from './orphaned-locks.job.js';
import { keepRecordingLocks } from './recording-locks.job.js';
import type { RunOptions } from './runs.js';
import { createScheduler, type Scheduler } from './scheduler.js';
import { stopStaleRecordings } from './stale-recordings.job.js';

export interface JobsOptions extends Omit<RunOptions, 'locks'> {
  jobLocks: RunOptions['locks'];
  timers: Timers;
  supervisor: Recordings;
  recordings: RecordingStore;
  rooms: RoomStore;
  roomCommands: RoomCommands;
  roomLocks: RoomLocks;
  livekit: LiveKitGateway;
  /** Calls `listener` after each new connection to the lock service, which may have lost locks. @returns ends the subscription */
  onLocksConnected: (listener: () => void) => () => void;
}

/** Creates the scheduler with all jobs. */
export function createJobs(options: JobsOptions): Scheduler {
  const { jobLocks, timers, supervisor, livekit, clock, log, onLocksConnected } = options;
  const { recordings: store, roomLocks: locks, rooms: roomStore, roomCommands: rooms } = options;
  const { lockGraceMs: graceMs, staleAfterMs, recorderGoneMs: goneMs, lockTtlMs } = timers;
  const shared = { locks, store, livekit, clock, log };
  const jobs: Omit<Job, 'atStart'>[] = [
    {
      name: 'activeRecordingGarbageCollector',
      intervalMs: timers.lockGcIntervalMs,
      run: (signal) => collectOrphanedLocks({ ...shared, graceMs }, signal),
    },
    {
      name: 'staleRecordingsCleanup',
      intervalMs: timers.staleIntervalMs,
      run: (signal) => stopStaleRecordings({ ...shared, supervisor, staleAfterMs, goneMs }, signal),
    },
    {
      name: 'recordingLockKeeper',
      intervalMs: timers.lockKeeperIntervalMs,
      run: (signal) => keepRecordingLocks({ ...shared, lockTtlMs }, signal),
    },
    {
      name: 'roomGarbageCollector',
      intervalMs: timers.roomExpiryIntervalMs,
      run: (signal) => deleteExpiredRooms({ rooms, roomStore, clock, log }, signal),
    },
  ];
  const scheduler = createScheduler({ ...options, locks: jobLocks, jobs: jobs.map((job) => ({ ...job, atStart: true })) });
  const unsubscribe = onLocksConnected(() => void scheduler.runNow('recordingLockKeeper'));
  return {
    ...scheduler,
    async close() {
      unsubscribe();
      await scheduler.close();
    },
  };
}
