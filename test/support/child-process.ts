import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { eventually } from './eventually.js';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningChild {
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended, however. */
  exited: Promise<Exit>;
  /** Send a signal and wait for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

/** Start a Node program. It is the caller's to end. */
export function startChild(file: string, args: readonly string[], env: Record<string, string>): RunningChild {
  const { PATH = '', HOME = '' } = process.env;
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Exit);
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    async end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Wait until the program has printed a line, or say what it said when it ended instead. */
export async function untilPrinted(child: RunningChild, line: RegExp, withinMs = 10_000): Promise<void> {
  let exit: Exit | undefined;
  void child.exited.then((how) => (exit = how));
  await eventually(
    `the line ${String(line)}`,
    () => ({ stdout: child.stdout(), exit, stderr: exit === undefined ? '' : child.stderr() }),
    (seen) => line.test(seen.stdout) || seen.exit !== undefined,
    withinMs,
  );
  if (!line.test(child.stdout())) throw new Error(`the program ended early: ${child.stderr()}`);
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
