/** Counts by name, for the log. */
export type Counts = Readonly<Record<string, number>>;

export interface MigrationRun {
  /** Aborted when the program stops; no new batch begins after that. */
  signal: AbortSignal;
  /** Called after each batch with the counts so far. */
  onBatch(counts: Counts): void;
}

/**
 * A change to stored data. `isNeeded` is called at every start, because another program may have undone the change. `run` works
 * in batches; a kill loses only the current batch. Two processes may run it at once, because the lock may be lost.
 *
 * @throws StoreUnavailableError from both methods (retryable); finished batches stay done
 */
export interface Migration {
  /** Name for the log; unique among the migrations. */
  name: string;
  isNeeded(): Promise<boolean>;
  /** @returns the final counts, for the log */
  run(run: MigrationRun): Promise<Counts>;
}
