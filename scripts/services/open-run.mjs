import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getPrograms } from './programs.mjs';
import { reap, runVariable, startWatchdog } from './reaper.mjs';

/**
 * Get the programs and make a folder for a run of servers. Whatever is started with `env` is gone when the run is closed, and when
 * this process ends in another way.
 *
 * @param log called with a line of what is being done
 * @throws Error when a program cannot be had
 */
export async function openRun(log) {
  const programs = await getPrograms(log);
  const runId = randomUUID();
  const dir = await mkdtemp(join(tmpdir(), 'tally-services-'));
  startWatchdog(runId, dir);
  const paths = Object.fromEntries(programs.map(({ key, path }) => [key, path]));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void reap(runId).then(() => process.exit(1)));
  return {
    programs,
    dir,
    env: { [runVariable]: runId, TALLY_SERVICES_DIR: dir, TALLY_SERVICES_PROGRAMS: JSON.stringify(paths) },
    /** Kill what still runs. */
    reap: () => reap(runId),
    /** Kill what still runs and remove the folder. */
    async close() {
      await reap(runId);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
