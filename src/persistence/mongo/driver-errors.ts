import { mongo } from 'mongoose';

import { StoreUnavailableError, TallyError, WriteOutcomeUnknownError, toError } from '../../errors.js';

export const DUPLICATE_KEY = 11_000;
/** NotWritablePrimary, NotPrimaryNoSecondaryOk and its older form: refused before the write began. */
const NOT_PRIMARY = new Set<unknown>([10_107, 13_435, 10_058]);
/**
 * ShutdownInProgress, PrimarySteppedDown, InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryOrSecondary,
 * MaxTimeMSExpired, ExceededTimeLimit, and a router's HostUnreachable, NetworkTimeout and SocketException.
 */
const INTERRUPTED = new Set<unknown>([91, 189, 11_600, 11_602, 13_436, 50, 262, 6, 89, 9_001]);

/** @throws StoreUnavailableError the read could not be answered */
export async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw unavailable(error);
  }
}

/**
 * Write; repeated once when a server refused because it is no primary any more. The driver itself repeats no write, so that what
 * it reports is about the only attempt.
 *
 * @throws StoreUnavailableError certainly not written
 * @throws WriteOutcomeUnknownError sent, and not known to have failed
 */
export async function writing<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write().catch((error: unknown) => (isTurnedAway(error) ? write() : Promise.reject(toError(error))));
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw unavailable(error);
    throw new WriteOutcomeUnknownError('MongoDB did not confirm a write', { cause: error });
  }
}

/** A unique index refused the write. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** Whether a write that ended with this error may have happened all the same. */
export function isOutcomeUnknown(error: unknown): boolean {
  // Accepted by the primary, not confirmed by the majority: it may survive or be rolled back.
  if (error instanceof mongo.MongoWriteConcernError) return true;
  if (error instanceof mongo.MongoServerError) return INTERRUPTED.has(error.code);
  if (error instanceof mongo.MongoNetworkError) return !isTurnedAway(error) && !isBeforeHandshake(error);
  return error instanceof mongo.MongoOperationTimeoutError || error instanceof mongo.MongoUnexpectedServerResponseError;
}

/** Not sent, or refused by a server that is no primary. A subclass of the pool's error means a connection cut under a write. */
export function isTurnedAway(error: unknown): boolean {
  if (error instanceof mongo.MongoWriteConcernError) return false;
  if (error instanceof mongo.MongoServerError) return NOT_PRIMARY.has(error.code);
  return error instanceof mongo.MongoNetworkError && error.name === 'MongoPoolClearedError';
}

/** The connection never came up, so nothing was sent. */
function isBeforeHandshake(error: object): boolean {
  return 'beforeHandshake' in error && error.beforeHandshake === true;
}

function unavailable(error: unknown): TallyError {
  return error instanceof TallyError ? error : new StoreUnavailableError('MongoDB could not be asked', { cause: error });
}
