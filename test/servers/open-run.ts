import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { reap } from './processes/reaper.js';
import { startWatchdog } from './processes/watchdog.js';
import { getPrograms, type Program } from './programs/programs.js';
import { runEnvironment } from './run-settings.js';

/** One run of servers. Closing the run, or the end of its process, ends all of its servers. */
export interface ServicesRun {
  readonly programs: readonly Program[];
  readonly dir: string;
  /** Environment variables that make a process part of the run. */
  readonly env: Readonly<Record<string, string>>;
  /** Kills every process of the run. */
  reap(): Promise<void>;
  /** Kills every process of the run and removes its folder. */
  close(): Promise<void>;
}

/**
 * Installs the programs and creates a folder for a run of servers. Every process that was started with `env` is killed when the
 * run is closed, and when this process ends in another way.
 *
 * @param log called with a line about the work in progress
 * @throws Error a program cannot be installed
 */
export async function openRun(log: (line: string) => void): Promise<ServicesRun> {
  const programs = await getPrograms(log);
  const runId = randomUUID();
  const dir = await mkdtemp(join(tmpdir(), 'tally-services-'));
  startWatchdog(runId, dir);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void reap(runId).then(() => process.exit(1)));
  const paths = Object.fromEntries(programs.map(({ key, path }) => [key, path]));
  return {
    programs,
    dir,
    env: runEnvironment(runId, { dir, programs: paths }),
    reap: () => reap(runId),
    async close() {
      await reap(runId);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
