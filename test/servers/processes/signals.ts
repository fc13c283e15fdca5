/**
 * Send a signal to a process, or with a negative id to a process group, that may be gone already.
 *
 * @param signal 0 sends none: then this only looks
 * @returns whether it was there
 */
export function signalIfThere(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
