import { mongo } from 'mongoose';

import { StoreUnavailableError, TallyError, WriteOutcomeUnknownError, toError } from '../../errors.js';

export const DUPLICATE_KEY = 11_000;
/** NotWritablePrimary, NotPrimaryNoSecondaryOk and its older form: the server refused before the write began. */
const NOT_PRIMARY = new Set<unknown>([10_107, 13_435, 10_058]);
/**
 * Errors after a write began: ShutdownInProgress, PrimarySteppedDown, InterruptedAtShutdown, InterruptedDueToReplStateChange,
 * NotPrimaryOrSecondary, MaxTimeMSExpired, ExceededTimeLimit; from a router HostUnreachable, NetworkTimeout, SocketException.
 */
const INTERRUPTED = new Set<unknown>([91, 189, 11_600, 11_602, 13_436, 50, 262, 6, 89, 9_001]);

/** Run a read and translate the driver's errors. @throws StoreUnavailableError the read failed */
export async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw unavailable(error);
  }
}

/**
 * Run a write, and repeat it once if a server refused it as a non-primary or the driver did not send it. The driver's own retries
 * are off, so its error describes the only attempt.
 *
 * @throws StoreUnavailableError the write did not happen
 * @throws WriteOutcomeUnknownError the write was sent and may have happened
 */
export async function writing<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write().catch((error: unknown) => (isTurnedAway(error) ? write() : Promise.reject(toError(error))));
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw unavailable(error);
    throw new WriteOutcomeUnknownError('MongoDB did not confirm a write', { cause: error });
  }
}

/** Whether the error says that a unique index refused the write. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** Whether a write that failed with this error may have happened nevertheless. */
export function isOutcomeUnknown(error: unknown): boolean {
  // The primary accepted the write, but the majority did not confirm it: the write may survive or be rolled back.
  if (error instanceof mongo.MongoWriteConcernError) return true;
  if (error instanceof mongo.MongoServerError) return INTERRUPTED.has(error.code);
  if (error instanceof mongo.MongoNetworkError) return !isTurnedAway(error) && !isBeforeHandshake(error);
  return error instanceof mongo.MongoOperationTimeoutError || error instanceof mongo.MongoUnexpectedServerResponseError;
}

/** Whether the write was not sent, or was refused by a non-primary. The pool error's subclass means that a write was cut off. */
export function isTurnedAway(error: unknown): boolean {
  if (error instanceof mongo.MongoWriteConcernError) return false;
  if (error instanceof mongo.MongoServerError) return NOT_PRIMARY.has(error.code);
  return error instanceof mongo.MongoNetworkError && error.name === 'MongoPoolClearedError';
}

/** Whether the connection failed before its handshake, so that nothing was sent. */
function isBeforeHandshake(error: object): boolean {
  return 'beforeHandshake' in error && error.beforeHandshake === true;
}

function unavailable(error: unknown): TallyError {
  if (error instanceof TallyError) return error;
  const refused = error instanceof mongo.MongoServerError;
  return new StoreUnavailableError(refused ? 'MongoDB refused a request' : 'MongoDB could not be asked', {
    cause: error,
    refused,
  });
}
