/**
 * Send a signal to a process, or with a negative id to a process group, that may be gone already.
 *
 * @returns whether it was there
 */
export function signalIfThere(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
