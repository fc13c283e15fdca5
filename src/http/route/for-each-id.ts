import { settleEach } from '../../concurrency.js';
import type { Logger } from '../../logging.js';
import type { Explain, Explanation } from './errors.js';

/** What became of one id among many. */
export type IdOutcome<Result> = { id: string; result: Result } | { id: string; failure: Explanation };

export interface EachId<Result> {
  ids: readonly string[];
  /** How many are worked on at the same time. */
  atOnce: number;
  work: (id: string) => Promise<Result>;
  /** Completes `Unexpected error while …` for one of them. */
  operation: (id: string) => string;
  explain: Explain;
  log: Logger;
}

/**
 * Do for each of many ids what a request of its own would do. A failure concerns its own id. The request's line in the log does
 * not name it, so a fault or an outage is logged here.
 *
 * @returns in the order of the ids
 */
export async function forEachId<Result>(options: EachId<Result>): Promise<IdOutcome<Result>[]> {
  const { ids, atOnce, work, operation, explain, log } = options;
  const outcomes = await settleEach(ids, atOnce, work);
  return outcomes.map((outcome) => {
    if (!('error' in outcome)) return { id: outcome.item, result: outcome.result };
    const { item: id, error } = outcome;
    const failure = explain(error, operation(id));
    if (failure.status >= 500)
      log[failure.status === 503 ? 'warn' : 'error']({ operation: operation(id), err: error }, 'failed for one');
    return { id, failure };
  });
}
