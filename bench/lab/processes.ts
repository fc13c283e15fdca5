import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

const DIST = path.join(import.meta.dirname, '../../src');
/** The variables that a child inherits. By the last one, a run of servers finds its processes. */
const INHERITED = ['PATH', 'HOME', 'SERVICES_RUN'];

/**
 * Start a compiled script of the product as a process of its own. With `BENCH_LOG` its log is shown; `BENCH_PROFILE` names a folder
 * for its CPU profile.
 */
export function run(script: string, env: Record<string, string>, args: string[] = []): ChildProcess {
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  const { BENCH_PROFILE: profiles } = process.env;
  const profile = profiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profiles];
  return spawn(process.execPath, [...profile, path.join(DIST, script), ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', process.env['BENCH_LOG'] === undefined ? 'ignore' : 'inherit'],
  });
}

/** Wait for the first line of its standard output that matches. */
export async function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  for await (const line of createInterface(child.stdout)) if (pattern.test(line)) return line;
  throw new Error(`process ended before it printed ${String(pattern)}`);
}

export async function kill(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
