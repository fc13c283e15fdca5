/** Also the name in the key of the job's lock, as OpenVidu Meet has it; the keeper is ours. */
export type JobName =
  'activeRecordingGarbageCollector' | 'staleRecordingsCleanup' | 'recordingLockKeeper' | 'roomGarbageCollector';

/** What one run did, for one log line. */
export type Counts = Record<string, number>;

/** Work that comes round, on one instance at a time. Running it twice, late or not at all changes nothing but the time. */
export interface Job {
  name: JobName;
  /** Milliseconds from one tick to the next. */
  intervalMs: number;
  /** Also run once at start. */
  atStart: boolean;
  /**
   * @param signal aborted when the job's lock is lost or the program stops: begin nothing new
   * @throws whatever kept it from its work; the next tick tries again
   */
  run(signal: AbortSignal): Promise<Counts>;
}
