import { TallyError, toError } from './errors.js';
import type { Logger } from './logging.js';

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

/** The same port, whose outages are told: a call that failed and may succeed later counts as one. */
export function tellingOutages<Port extends object>(port: Port, outages: OutageLog): Port {
  return new Proxy(port, {
    get(target, name): unknown {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, target, args);
        if (result instanceof Promise) result.then(() => outages.worked(), noteFailure);
        return result;
      };
    },
  });

  function noteFailure(thrown: unknown): void {
    const error = toError(thrown);
    if (error instanceof TallyError && error.retryable) outages.failed(error);
  }
}
