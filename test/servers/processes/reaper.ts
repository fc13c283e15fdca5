import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { runVariable } from '../run-settings.js';
import { signalIfThere } from './signals.js';

/** The number of consecutive looks that must find no process, because a new process shows its environment a moment later. */
const quietLooks = 3;

/** Kills, by process id, every process that belongs to the run, until none is left. */
export async function reap(runId: string): Promise<void> {
  for (let quiet = 0; quiet < quietLooks;) {
    const pids = await processesOf(runId);
    for (const pid of pids) signalIfThere(pid, 'SIGKILL');
    quiet = pids.length === 0 ? quiet + 1 : 0;
    await delay(20);
  }
}

async function processesOf(runId: string): Promise<number[]> {
  const mark = `${runVariable}=${runId}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map(async (pid) => pid !== process.pid && (await environmentOf(pid)).includes(mark)));
  return pids.filter((_, index) => marked[index]);
}

/** The environment of a process; empty when the process has ended or belongs to another user. */
async function environmentOf(pid: number): Promise<string[]> {
  return (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).split('\0');
}
