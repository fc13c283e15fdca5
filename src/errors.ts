export type ErrorKind =
  'invalid' | 'not_found' | 'conflict' | 'forbidden' | 'unauthorized' | 'unavailable' | 'timeout' | 'internal';

export interface ErrorOptions {
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** The base class of every error that Tally throws on purpose. Compare `code`, never the message; `src/http` sets statuses. */
export class TallyError extends Error {
  /** Stable and dotted, such as `recording.already_active`. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** Whether the same request may succeed later without a change by the caller. */
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, kind: ErrorKind, message: string, options: ErrorOptions & { retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.kind = kind;
    this.retryable = options.retryable ?? (kind === 'unavailable' || kind === 'timeout');
    this.details = options.details ?? {};
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
  constructor(message: string, options: ErrorOptions = {}) {
    super('livekit.unavailable', 'unavailable', message, options);
  }
}
