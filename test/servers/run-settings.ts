/** The settings that every process of a run of servers gets. */
export interface RunSettings {
  /** The folder of the run, which is removed at its end. */
  readonly dir: string;
  /** The paths of the programs by their keys. */
  readonly programs: Readonly<Record<string, string>>;
}

/** The environment variable with the id of the run. Every process of the run inherits it, and the reaper finds processes by it. */
export const runVariable = 'SERVICES_RUN';

/** The environment variables that make a process part of a run. */
export function runEnvironment(runId: string, { dir, programs }: RunSettings): Record<string, string> {
  return { [runVariable]: runId, TALLY_SERVICES_DIR: dir, TALLY_SERVICES_PROGRAMS: JSON.stringify(programs) };
}

/** @throws Error this process belongs to no run */
export function runSettings(): RunSettings {
  const { TALLY_SERVICES_DIR: dir, TALLY_SERVICES_PROGRAMS: programs } = process.env;
  if (dir === undefined || programs === undefined) throw new Error('start these tests with `npm run test:services`');
  return { dir, programs: JSON.parse(programs) as Record<string, string> };
}

/** The path of a program. @throws Error the run has no such program */
export function programPath(key: string): string {
  const path = runSettings().programs[key];
  if (path === undefined) throw new Error(`this run has no program '${key}'`);
  return path;
}
