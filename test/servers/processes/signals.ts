/**
 * Sends a signal to a process, or with a negative id to a process group, which may have ended already.
 *
 * @param signal 0 sends no signal and only checks whether the process exists
 * @returns whether the process or group exists
 */
export function signalIfThere(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
