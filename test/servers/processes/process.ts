import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { runSettings } from '../run-settings.js';
import { poll } from './poll.js';
import { signalIfThere } from './signals.js';

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** The lines of standard output so far. */
  readonly lines: readonly string[];
  /** The file with standard output and standard error, in the folder of the run. */
  readonly logFile: string;
  readonly exited: Promise<number | string>;
  isRunning(): boolean;
  /** Kills only this process, as in a crash; its child processes go on. */
  kill(): Promise<void>;
  /** Stops the process and every process in its group; the process may have ended already. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Receives the lines of standard output so far, and returns true when the server is ready. */
  readonly ready: (lines: readonly string[]) => boolean | Promise<boolean>;
  readonly readyTimeoutMs?: number;
  /** The signal that `stop` sends; after 5 s the group is killed. */
  readonly stopSignal?: NodeJS.Signals;
}

const readyWithinMs = 20_000;
const stopWithinMs = 5_000;

let count = 0;

/**
 * Starts a server in its own process group, with a log in the folder of the run.
 *
 * @throws Error the server is not ready in time; the message ends with its last lines
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, file, args, env = {}, cwd, ready, readyTimeoutMs = readyWithinMs, stopSignal = 'SIGTERM' } = options;
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const logFile = join(runSettings().dir, `${String(++count).padStart(2, '0')}-${process.pid}-${name}.log`);
  const lines = record(child, logFile);
  const started = handleOf(child, { name, lines, logFile, stopSignal });
  try {
    await poll(`${name} is ready`, readyTimeoutMs, async () => {
      if (!started.isRunning()) throw new Error(`${name} ended at once`);
      return ready(lines);
    });
  } catch (cause) {
    await started.stop();
    throw new Error(`${name} did not start:\n${lines.slice(-20).join('\n')}`, { cause });
  }
  return started;
}

type Facts = Pick<RunningProcess, 'name' | 'lines' | 'logFile'> & { stopSignal: NodeJS.Signals };

function handleOf(child: ChildProcess, { name, lines, logFile, stopSignal }: Facts): RunningProcess {
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  exited.catch(() => undefined);
  const { pid = NaN } = child; // without a pid the process could not be started, and `exited` rejects
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    name,
    pid,
    lines,
    logFile,
    exited,
    isRunning,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      if (!isRunning()) return;
      const timer = setTimeout(() => signalIfThere(-pid, 'SIGKILL'), stopWithinMs);
      child.kill(stopSignal);
      await exited;
      clearTimeout(timer);
      signalIfThere(-pid, 'SIGKILL');
    },
  };
}

/** Collects the lines of standard output, and writes both streams to the log. */
function record(child: ChildProcess, logFile: string): readonly string[] {
  const lines: string[] = [];
  const log = createWriteStream(logFile);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      if (stream === child.stdout) lines.push(line);
    });
  }
  child.on('error', (error) => lines.push(error.message));
  child.on('close', () => log.end());
  return lines;
}
