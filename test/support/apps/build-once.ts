import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Time for a full compilation and two processes on a busy machine. A current build needs milliseconds. */
export const BUILD_TIMEOUT_MS = 120_000;

let built: Promise<void> | undefined;

/** Builds `dist` unless it is current. @throws Error the sources do not compile */
export function buildOnce(): Promise<void> {
  return (built ??= build());
}

async function build(): Promise<void> {
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts/build.mjs'), '--if-needed'], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the build ended with ${String(code)}`);
}

/** The path of a compiled file. */
export function builtFile(source: string): string {
  return path.join(ROOT, 'dist/src', source);
}
