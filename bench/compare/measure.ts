import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import type { Result } from '../results/result.js';
import type { Tree } from './tree.js';

/**
 * Have a tree run its own benches, in processes of their own.
 *
 * @param args of `npm run bench`
 * @returns the results; empty when the tree has no bench of these names
 * @throws Error it measured nothing; the message ends with its output
 */
export async function measure({ label, folder }: Tree, args: readonly string[], signal: AbortSignal): Promise<Result[]> {
  const child = spawn('npm', ['run', '--silent', 'bench', '--', '--json', ...args], {
    cwd: folder,
    env: { ...process.env, SERVICES_RUN: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop);
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  const results = output.split('\n').flatMap(resultOf);
  // The exit code is 1 also when a bench misses its target.
  if (results.length === 0 && !errors.includes('no bench')) {
    throw new Error(`the ${label} tree measured nothing:\n${(output + errors).slice(-4_000)}`);
  }
  return results;
}

/** Empty for a line that is no result: npm prints some, and the first one is about the environment. */
function resultOf(line: string): Result[] {
  if (!line.startsWith('{')) return [];
  const { name, value } = JSON.parse(line) as Partial<Result>;
  return name !== undefined && typeof value === 'number' ? [JSON.parse(line) as Result] : [];
}
