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
  /** Resolves as soon as the program has printed this. @throws it ended, or was silent far too long */
  printed(text: RegExp): Promise<void>;
  /** Resolves when it has ended, however. */
  exited: Promise<Exit>;
  /** Send a signal and wait for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

/** Far more than any start takes: a machine may be busy with a compiler. */
const PRINTS_WITHIN_MS = 45_000;

/** Start a Node program. It is the caller's to end. */
export function startChild(file: string, args: readonly string[], env: Record<string, string>): RunningChild {
  const { PATH, HOME, TALLY_SERVICES_RUN } = process.env; // by the last, a run of services knows its processes
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    env: { PATH, HOME, TALLY_SERVICES_RUN, ...env },
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
