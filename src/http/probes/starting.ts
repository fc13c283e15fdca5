import type { RequestListener } from 'node:http';

import { answerNotReady } from './not-ready.js';

/** The answers until the stores are open. */
export interface StartingAnswers {
  answer: RequestListener;
  /** From now on `/readyz` says `migrating`, until the edge itself answers. */
  migrating(): void;
}

export function createStartingAnswers(): StartingAnswers {
  let status: 'starting' | 'migrating' = 'starting';

  return {
    answer: (request, response) => answerNotReady(status, request, response),
    migrating() {
      status = 'migrating';
    },
  };
}
