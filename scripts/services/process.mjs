import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { poll } from './poll.mjs';

let count = 0;

/** What a run was given by run.mjs; a test that is started in another way fails here. */
export function runSettings() {
  const { TALLY_SERVICES_DIR: dir, TALLY_SERVICES_PROGRAMS: programs } = process.env;
  if (dir === undefined || programs === undefined) throw new Error('start these tests with `npm run test:services`');
  return { dir, programs: JSON.parse(programs) };
}

/**
 * Start a server in a process group of its own, with a log in the run's folder.
 *
 * @param ready called with the lines written so far to stdout; the server is up when it answers true
 * @param stopSignal what a clean stop sends first; after 5 s the group is killed
 */
export async function startProcess({ name, file, args, env = {}, cwd, ready, readyTimeoutMs = 20_000, stopSignal = 'SIGTERM' }) {
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const logFile = join(runSettings().dir, `${String(++count).padStart(2, '0')}-${process.pid}-${name}.log`);
  const lines = record(child, logFile);
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
  exited.catch(() => undefined);
  const handle = {
    name,
    pid: child.pid,
    lines,
    logFile,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    /** Kill this one process, as a crash would; what it started is left to look after itself. */
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      if (!handle.isRunning()) return;
      const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), 5_000);
      child.kill(stopSignal);
      await exited;
      clearTimeout(timer);
      signalGroup(child.pid, 'SIGKILL');
    },
  };
  try {
    await poll(`${name} is ready`, readyTimeoutMs, async () => {
      if (!handle.isRunning()) throw new Error(`${name} ended at once`);
      return ready(lines);
    });
  } catch (cause) {
    await handle.stop();
    throw new Error(`${name} did not start:\n${lines.slice(-20).join('\n')}`, { cause });
  }
  return handle;
}

/** Collects stdout; both streams go to the log. */
function record(child, logFile) {
  const lines = [];
  const log = createWriteStream(logFile);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (stream === child.stdout) lines.push(line);
    });
  }
  child.on('error', (error) => lines.push(error.message));
  child.on('close', () => log.end());
  return lines;
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
