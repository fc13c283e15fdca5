import { spawn } from 'node:child_process';
import { readFile, readdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Every process of a run inherits this variable with the run's own value; that is how its processes are known. */
export const runVariable = 'TALLY_SERVICES_RUN';

/** Kill, by process id, whatever still belongs to the run; returns when nothing is left. */
export async function reap(runId) {
  for (let quiet = 0; quiet < 3;) {
    const pids = await processesOf(runId);
    for (const pid of pids) killQuietly(pid);
    quiet = pids.length === 0 ? quiet + 1 : 0;
    await delay(20);
  }
}

/** Start a process that reaps the run when this one is gone, however it went. */
export function startWatchdog(runId, runDir) {
  const { [runVariable]: _, ...env } = process.env;
  const args = [fileURLToPath(import.meta.url), runId, runDir];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'], env });
  child.unref();
  child.stdin.unref();
}

async function processesOf(runId) {
  const mark = `${runVariable}=${runId}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map(async (pid) => pid !== process.pid && (await environmentOf(pid)).includes(mark)));
  return pids.filter((_, index) => marked[index]);
}

async function environmentOf(pid) {
  return (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).split('\0');
}

function killQuietly(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , runId, runDir] = process.argv;
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.once('close', resolve));
  await reap(runId);
  await rm(runDir, { recursive: true, force: true });
}
