export type ErrorKind =
  'invalid' | 'not_found' | 'conflict' | 'forbidden' | 'unauthorized' | 'unavailable' | 'timeout' | 'internal';

export interface ErrorOptions {
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
  /** Whether an outside service answered with an error: it refuses, instead of being out of reach. Default: false. */
  refused?: boolean;
}

/** The base class of every error that Tally throws on purpose. Compare `code`, never the message; `src/http` sets statuses. */
export class TallyError extends Error {
  /** Stable and dotted, such as `recording.already_active`. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** Whether the same request may succeed later without a change by the caller. */
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly refused: boolean;

  constructor(code: string, kind: ErrorKind, message: string, options: ErrorOptions & { retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.kind = kind;
    this.retryable = options.retryable ?? (kind === 'unavailable' || kind === 'timeout');
    this.details = options.details ?? {};
    this.refused = options.refused ?? false;
  }
}

/** A store could not be reached or did not answer; no write is known to have happened. Retryable. */
export class StoreUnavailableError extends TallyError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('store.unavailable', 'unavailable', message, options);
  }
}

/** A write was sent and its outcome is unknown (time-out, connection cut). The writer re-reads to learn it. */
export class WriteOutcomeUnknownError extends TallyError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('store.outcome_unknown', 'timeout', message, options);
  }
}

/** The lock service could not be reached, so it is unknown whether a lock is held. Retryable. */
export class LocksUnavailableError extends TallyError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('locks.unavailable', 'unavailable', message, options);
  }
}

/** The media store could not be reached, so it is unknown whether an object exists. Retryable. */
export class MediaUnavailableError extends TallyError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('media.unavailable', 'unavailable', message, options);
  }
}

/** The process ends before it has begun the work, so nothing has changed. Retryable: another process can do it. */
export class StoppingError extends TallyError {
  constructor() {
    super('instance.stopping', 'unavailable', 'Tally is stopping');
  }
}

/** A request or configuration value is wrong; `details.issues` names each field. */
export class InvalidInputError extends TallyError {
  constructor(message: string, options: ErrorOptions = {}) {
    super('input.invalid', 'invalid', message, options);
  }
}

/** Converts a thrown value to an Error; an Error is returned unchanged. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The level of a failure that a loop makes up for. An outage is a detail there, because its adapter logs it, once. */
export function levelOfRetried(error: unknown): 'debug' | 'warn' {
  return isOutage(error) ? 'debug' : 'warn';
}

/** Whether an outside service failed, so that the same call may succeed later. */
export function isOutage(error: unknown): error is TallyError {
  return error instanceof TallyError && error.retryable;
}

/** The messages of an error and of its causes, joined to one line. */
export function reasonsOf(error: Error): string {
  const reasons: string[] = [];
  let each: unknown = error;
  for (let depth = 0; each instanceof Error && depth < MOST_CAUSES; depth += 1) {
    const reason = each.message.replace(/\s+/g, ' ').trim();
    if (!reasons.some((said) => said.includes(reason))) reasons.push(reason);
    each = each.cause;
  }
  return reasons.join(': ');
}

/** Limits the chain of causes, because errors may be causes of each other. */
const MOST_CAUSES = 5;

/** LiveKit did not answer, could not be reached or answered with a server error. Retryable. */
export class LiveKitUnavailableError extends TallyError {
  constructor(message: string, options: ErrorOptions = {}, code = 'livekit.unavailable') {
    super(code, 'unavailable', message, options);
  }
}

/** LiveKit refuses our API key or secret: a repeat succeeds only after somebody has changed them here or there. */
export class LiveKitKeyRefusedError extends LiveKitUnavailableError {
  constructor(options: ErrorOptions = {}) {
    super(
      'LiveKit refuses our API key: compare LIVEKIT_API_KEY and LIVEKIT_API_SECRET with its own',
      options,
      'livekit.key_refused',
    );
  }
}
