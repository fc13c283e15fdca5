import type { Logger } from '../../logging.js';

/** Says once that something cannot be reached, and once that it can be again. */
export interface OutageLog {
  failed(error: unknown): void;
  worked(): void;
}

/** @param what such as `Redis`; begins both sentences */
export function createOutageLog(log: Logger, what: string): OutageLog {
  let isOut = false;
  return {
    failed(err) {
      if (isOut) return;
      isOut = true;
      log.warn({ err }, `${what} cannot be reached`);
    },
    worked() {
      if (!isOut) return;
      isOut = false;
      log.info(`${what} can be reached again`);
    },
  };
}
