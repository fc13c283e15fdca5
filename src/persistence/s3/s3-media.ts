import { addAbortSignal, Readable } from 'node:stream';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type HeadObjectOutput,
} from '@aws-sdk/client-s3';

import { MediaUnavailableError } from '../../errors.js';
import type { MediaInfo, MediaStore } from '../../machines/recording/ports.js';
import { assertMediaKey } from '../media-key.js';
import { readRange } from './read-range.js';
import { removeObjects, type RemoveFailure } from './remove-many.js';
import { createClient, hasCode, hasStatus, type S3ClientOptions } from './s3-client.js';
import { sseRequest, type SseSettings } from './sse.js';

export interface S3MediaOptions extends Omit<S3ClientOptions, 'answerLimitMs'> {
  bucket: string;
  /** Stands in front of every key; '' for none. */
  subfolder: string;
  sse?: SseSettings;
  /** How long a call, or the first bytes of a read, may take with all repetitions, milliseconds; default 5 000. */
  limitMs?: number;
  /** How long a read waits for further bytes, milliseconds; default 15 000. */
  stallLimitMs?: number;
}

export interface S3Media extends MediaStore {
  /** Remove many objects. @returns those that could not be removed @throws MediaUnavailableError a request failed (retryable) */
  removeMany(keys: readonly string[]): Promise<RemoveFailure[]>;
  /** @throws MediaUnavailableError the bucket cannot be reached or listed (retryable) */
  ping(): Promise<void>;
  close(): void;
}

/**
 * Media in a bucket that the egress writes to. The credentials need to list the bucket as well: without that right S3 answers
 * 403 for what is not there, which reads as an outage.
 *
 * @throws InvalidInputError a subfolder that is no key, or settings of server-side encryption that contradict each other
 */
export function createS3Media(options: S3MediaOptions): S3Media {
  const { bucket, limitMs = 5_000, stallLimitMs = 15_000 } = options;
  const subfolder = options.subfolder.replace(/^\/+|\/+$/g, '');
  if (subfolder !== '') assertMediaKey(subfolder);
  sseRequest(options.sse ?? {});
  const client = createClient({ ...options, answerLimitMs: limitMs / 2 });

  return {
    async stat(key) {
      const target = targetOf(key);
      return ask(`look at ${target.Key}`, async (limit) => {
        for (;;) {
          const found = await head(target, limit);
          if (found !== undefined) return toInfo(found);
          if (await isAbsent(target, limit)) return undefined;
        }
      });
    },
    async read(key, { start, end }, signal) {
      const target = targetOf(key);
      const open = (abortSignal: AbortSignal) => openRange({ ...target, Range: `bytes=${start}-${end}` }, abortSignal);
      const stream = readRange({ key: target.Key, open, openLimitMs: limitMs, stallLimitMs });
      return signal === undefined ? stream : addAbortSignal(signal, stream);
    },
    async remove(key) {
      const target = targetOf(key);
      await ask(`remove ${target.Key}`, async (limit) => {
        await client.send(new DeleteObjectCommand(target), limit).catch(unless((error) => hasCode(error, 'NoSuchKey')));
      });
    },
    async removeMany(keys) {
      const objects = keys.map((key) => targetOf(key).Key);
      return ask('remove objects', () => removeObjects(objects, { client, bucket, limitMs }));
    },
    egressPath: (key) => targetOf(key).Key,
    async ping() {
      const Prefix = subfolder === '' ? '' : `${subfolder}/`;
      await ask(`list ${bucket}`, (limit) =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 }), limit),
      );
    },
    close: () => client.destroy(),
  };

  function targetOf(key: string): { Bucket: string; Key: string } {
    assertMediaKey(key);
    const isInside = subfolder === '' || key.startsWith(`${subfolder}/`);
    return { Bucket: bucket, Key: isInside ? key : `${subfolder}/${key}` };
  }

  async function ask<Result>(what: string, work: (limit: { abortSignal: AbortSignal }) => Promise<Result>): Promise<Result> {
    try {
      return await work({ abortSignal: AbortSignal.timeout(limitMs) });
    } catch (cause) {
      throw new MediaUnavailableError(`Cannot ${what}`, { cause });
    }
  }

  /** undefined: 404, whose reason an answer without a body does not tell. */
  function head(target: { Bucket: string; Key: string }, limit: { abortSignal: AbortSignal }) {
    return client.send(new HeadObjectCommand(target), limit).catch(unless((error) => hasStatus(error, 404)));
  }

  /** Whether it is the object that is not there, and not its bucket. @returns false when it is there by now */
  async function isAbsent(target: { Bucket: string; Key: string }, limit: { abortSignal: AbortSignal }): Promise<boolean> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ ...target, Range: 'bytes=0-0' }), limit);
      if (Body instanceof Readable) Body.destroy();
      return false;
    } catch (error) {
      if (hasCode(error, 'NoSuchKey')) return true;
      if (hasStatus(error, 416)) return false; // an object without a byte
      throw error;
    }
  }

  /** undefined: the range begins behind the object's end. */
  async function openRange(target: { Bucket: string; Key: string; Range: string }, abortSignal: AbortSignal) {
    const answer = await client
      .send(new GetObjectCommand(target), { abortSignal })
      .catch(unless((error) => hasStatus(error, 416)));
    if (answer === undefined) return undefined;
    if (!(answer.Body instanceof Readable)) throw new Error('The answer has no body');
    return answer.Body;
  }
}

function toInfo({ ContentLength: size, LastModified, ETag: etag }: HeadObjectOutput): MediaInfo {
  if (size === undefined || LastModified === undefined || etag === undefined) throw new Error('The answer is incomplete');
  return { size, modifiedAt: LastModified.getTime(), etag };
}

/** For `catch`: an expected error becomes undefined, any other stays. */
function unless(isExpected: (error: unknown) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (!isExpected(error)) throw error;
    return undefined;
  };
}
