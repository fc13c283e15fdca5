import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningChild {
  stdout(): string;
  stderr(): string;
  /** Resolves when the program has printed this text. @throws Error the program ended, or did not print it within 45 s */
  printed(text: RegExp): Promise<void>;
  /** Resolves when the program has ended, for whatever reason. */
  exited: Promise<Exit>;
  /** Sends a signal and waits for the end of the program. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

/** Much longer than any start takes, because a compiler may keep the machine busy. */
const PRINTS_WITHIN_MS = 45_000;

/** Starts a Node program; the caller must end it. */
export function startChild(file: string, args: readonly string[], env: Record<string, string>): RunningChild {
  const { PATH, HOME, SERVICES_RUN } = process.env; // SERVICES_RUN marks the process as part of a run of servers
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    env: { PATH, HOME, SERVICES_RUN, ...env },
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
    printed: (text) =>
      new Promise((resolve, reject) => {
        const tell = (what: string) => reject(new Error(`${what}: ${stderr}`));
        const late = setTimeout(() => tell(`${String(text)} was not printed`), PRINTS_WITHIN_MS);
        void exited.then(() => tell('the program ended early'));
        const look = () => {
          if (!text.test(stdout)) return;
          clearTimeout(late);
          child.stdout?.off('data', look);
          resolve();
        };
        child.stdout?.on('data', look);
        look();
      }),
    exited,
    async end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Finds a port on which no program listens at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
