import { DeleteObjectsCommand, type DeleteObjectsOutput, type S3Client } from '@aws-sdk/client-s3';

/** An object that is still there, or may be. */
export interface RemoveFailure {
  /** Object key. */
  key: string;
  /** The server's own, such as `AccessDenied`. */
  code: string;
  message: string;
}

export interface RemoveManyOptions {
  client: S3Client;
  bucket: string;
  /** Milliseconds for each request. */
  limitMs: number;
}

/** No request takes more keys. */
const BATCH = 1_000;

/**
 * Remove objects, a thousand at a time. An answer of 200 may name keys that failed, so each key's own answer is read.
 *
 * @throws Error a request failed; what earlier ones removed is gone
 */
export async function removeObjects(keys: readonly string[], options: RemoveManyOptions): Promise<RemoveFailure[]> {
  const all = [...new Set(keys)];
  const failures: RemoveFailure[] = [];
  for (let first = 0; first < all.length; first += BATCH) {
    failures.push(...(await removeBatch(all.slice(first, first + BATCH), options)));
  }
  return failures;
}

async function removeBatch(keys: readonly string[], { client, bucket, limitMs }: RemoveManyOptions): Promise<RemoveFailure[]> {
  const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } });
  return readAnswers(keys, await client.send(command, { abortSignal: AbortSignal.timeout(limitMs) }));
}

/** A key that the answer passes over counts as failed; one that was not there is gone. */
function readAnswers(keys: readonly string[], { Deleted = [], Errors = [] }: DeleteObjectsOutput): RemoveFailure[] {
  const gone = new Set(Deleted.map(({ Key }) => Key));
  const errors = new Map(Errors.map((error) => [error.Key, error]));
  return keys.flatMap((key) => {
    const error = errors.get(key);
    if (error === undefined) return gone.has(key) ? [] : [{ key, code: 'NoAnswer', message: 'The answer does not name the key' }];
    if (error.Code === 'NoSuchKey') return [];
    return [{ key, code: error.Code ?? 'Unknown', message: error.Message ?? '' }];
  });
}
