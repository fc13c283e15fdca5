/** How many of what; for the log. */
export type Counts = Readonly<Record<string, number>>;

export interface MigrationRun {
  /** Aborted when the program stops: no further batch begins. */
  signal: AbortSignal;
  /** Called after each batch with the counts so far. */
  onBatch(counts: Counts): void;
}

/**
 * A change to what is stored. It is asked at every start whether there is work: another program may have undone it. It works in
 * batches; a kill loses the running one. Two processes may run it at the same time, for its lock may be lost.
 *
 * @throws StoreUnavailableError both methods, retryable: the work done so far stays
 */
export interface Migration {
  /** Unique. */
  name: string;
  isNeeded(): Promise<boolean>;
  /** @returns what was done */
  run(run: MigrationRun): Promise<Counts>;
}
