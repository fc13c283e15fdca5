import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A compilation from nothing, then two processes, on a busy machine; a current build is found in milliseconds. */
export const BUILD_TIMEOUT_MS = 120_000;

let built: Promise<void> | undefined;

/** Have a current build in `dist`. @throws when it does not compile */
export function buildOnce(): Promise<void> {
  return (built ??= build());
}

async function build(): Promise<void> {
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts/build.mjs'), '--if-needed'], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the build ended with ${String(code)}`);
}

/** The path of a built entry point. */
export function builtFile(source: string): string {
  return path.join(ROOT, 'dist/src', source);
}
