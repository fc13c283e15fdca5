import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { runVariable } from '../run-settings.js';
import { signalIfThere } from './signals.js';

/** Looks in a row that find nothing: a process that was just forked shows its environment a moment later. */
const quietLooks = 3;

/** Kill, by process id, every process that still belongs to the run; returns when none is left. */
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

/** Empty for a process that has ended, and for one of another user. */
async function environmentOf(pid: number): Promise<string[]> {
  return (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).split('\0');
}
