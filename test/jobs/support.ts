import type { Counts, Job, JobName } from '../../src/jobs/job.js';
import type { JobLocks } from '../../src/jobs/locks.js';
import type { JobRuns } from '../../src/jobs/runs.js';
import { createScheduler, type Scheduler } from '../../src/jobs/scheduler.js';
import { createLogger } from '../../src/logging.js';
import { createGate, type Gate } from '../support/gate.js';
import { createMemoryJobLocks } from '../support/memory/memory-job-locks.js';
import { createMemoryJobRuns } from '../support/memory/memory-job-runs.js';
import { createTestClock, type TestClock } from '../support/test-clock.js';

export const COLLECTOR = 'activeRecordingGarbageCollector' satisfies JobName;
export const SWEEP = 'staleRecordingsCleanup' satisfies JobName;

export interface LogLine {
  level: number;
  msg: string;
  job?: string;
  counts?: Counts;
}

/** A job whose runs last until the test ends them. */
export interface DrivenJob extends Job {
  /** The runs that have begun and not ended, oldest first. */
  open: { signal: AbortSignal; end: (counts?: Counts) => void; fail: (message: string) => void }[];
  begun: number;
  /** When set, each run calls this function and ends, instead of waiting for the test. */
  atOnce: (() => Counts) | undefined;
}

export function drivenJob(name: JobName, { atStart = false } = {}): DrivenJob {
  const job: DrivenJob = {
    name,
    atStart,
    intervalMs: 1_800_000,
    open: [],
    begun: 0,
    atOnce: undefined,
    run(signal) {
      job.begun += 1;
      if (job.atOnce !== undefined) return Promise.resolve().then(job.atOnce);
      return new Promise<Counts>((resolve, reject) => {
        const leave = () => job.open.splice(job.open.indexOf(run), 1);
        const run = {
          signal,
          end(counts: Counts = {}) {
            leave();
            resolve(counts);
          },
          fail(message: string) {
            leave();
            reject(new Error(message));
          },
        };
        job.open.push(run);
      });
    },
  };
  return job;
}

export interface Instance {
  scheduler: Scheduler;
  tick(name: JobName): Promise<void>;
  lines: LogLine[];
  /** The messages of one level: `warn` is 40, `info` is 30. */
  said(level: number): string[];
}

/** Instances that share locks, job runs and a clock. */
export interface World {
  clock: TestClock;
  gate: Gate;
  locks: JobLocks;
  runs: JobRuns;
  /** Starts the scheduler of another instance; `close` closes all of them. */
  instance(jobs: readonly Job[], name?: string): Promise<Instance>;
  /** Whether no instance holds the job's lock. */
  isFree(name: JobName): Promise<boolean>;
  close(): Promise<void>;
}

export function createWorld(): World {
  const clock = createTestClock();
  const gate = createGate();
  const locks = createMemoryJobLocks({ gate, clock });
  const runs = createMemoryJobRuns({ gate });
  const schedulers: Scheduler[] = [];
  return {
    clock,
    gate,
    locks,
    runs,
    async instance(jobs, name = 'one') {
      const lines: LogLine[] = [];
      const destination = { write: (line: string) => lines.push(JSON.parse(line) as LogLine) };
      let onTick = (_name: string): void => undefined;
      const scheduler = createScheduler({
        jobs,
        locks,
        runs,
        clock,
        instance: name,
        log: createLogger({ level: 'debug', name: 'jobs', destination }),
        ticker(options) {
          ({ onTick } = options);
          return { start: async () => undefined, stop: async () => undefined };
        },
      });
      schedulers.push(scheduler);
      await scheduler.start();
      await clock.run(0);
      return {
        scheduler,
        lines,
        said: (level) => lines.filter((line) => line.level === level).map(({ msg }) => msg),
        async tick(job) {
          onTick(job);
          await clock.run(0);
        },
      };
    },
    async isFree(name) {
      const value = await locks.acquire(name, 1);
      if (value !== undefined) await locks.release(name, value);
      return value !== undefined;
    },
    async close() {
      const closing = Promise.all(schedulers.map((scheduler) => scheduler.close()));
      await clock.run(10_000);
      await closing;
    },
  };
}
