import { isOutage } from './errors.js';
import type { Log } from './logging.js';
import { outageBegan, outageEnded } from './observability/events.js';

export type OutageLog = ReturnType<typeof createOutageLog>;

/** Logs once that a service is unreachable, and once that it is reachable again. @param service its name in the log: `Redis` */
export function createOutageLog(log: Log, service: string) {
  let isOut = false;
  return {
    failed(err: unknown): void {
      if (isOut) return;
      isOut = true;
      outageBegan(log, { service, err });
    },
    worked(): void {
      if (!isOut) return;
      isOut = false;
      outageEnded(log, { service });
    },
  };
}

/** Wraps a port so that its outages are logged. A call that fails with a retryable error is an outage. */
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
    if (isOutage(thrown)) outages.failed(thrown);
  }
}
