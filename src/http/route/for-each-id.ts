import { settleEach } from '../../concurrency.js';
import type { Logger } from '../../logging.js';
import type { Explain, Explanation } from './errors.js';

/** The outcome for one id among many. */
export type IdOutcome<Result> = { id: string; result: Result } | { id: string; failure: Explanation };

export interface EachId<Result> {
  ids: readonly string[];
  /** Number of ids that are processed in parallel. */
  atOnce: number;
  work: (id: string) => Promise<Result>;
  /** Completes `Unexpected error while …` for one id. */
  operation: (id: string) => string;
  explain: Explain;
  log: Logger;
}

/**
 * Process many ids of one request. A failure affects its own id only. The log line of the request does not name single ids, so
 * faults and outages are logged here.
 *
 * @returns outcomes in the order of the ids
 */
export async function forEachId<Result>(options: EachId<Result>): Promise<IdOutcome<Result>[]> {
  const { ids, atOnce, work, operation, explain, log } = options;
  const outcomes = await settleEach(ids, atOnce, work);
  return outcomes.map((outcome) => {
    if (!('error' in outcome)) return { id: outcome.item, result: outcome.result };
    const { item: id, error } = outcome;
    const failure = explain(error, operation(id));
    if (failure.status >= 500)
      log[failure.status === 503 ? 'warn' : 'error']({ operation: operation(id), err: error }, 'failed for one of many ids');
    return { id, failure };
  });
}
