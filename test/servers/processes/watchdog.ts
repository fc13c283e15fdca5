import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { runVariable } from '../run-settings.js';
import { reap } from './reaper.js';

/** Starts a process that kills all processes of the run and removes its folder when this process ends in any way. */
export function startWatchdog(runId: string, runDir: string): void {
  const { [runVariable]: _, ...env } = process.env;
  const args = [fileURLToPath(import.meta.url), runId, runDir];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env });
  child.unref();
  if (child.stdin !== null && 'unref' in child.stdin) (child.stdin as { unref(): void }).unref();
}

/** Runs in the watchdog process. Its standard input closes when the process that started it ends. */
async function watch(runId: string, runDir: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  process.stdin.resume();
  await once(process.stdin, 'close');
  await reap(runId);
  await rm(runDir, { recursive: true, force: true });
}

const [, script, runId, runDir] = process.argv;
if (script === fileURLToPath(import.meta.url) && runId !== undefined && runDir !== undefined) await watch(runId, runDir);
