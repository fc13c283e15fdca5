import { addAbortSignal, Readable } from 'node:stream';

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type GetObjectCommandOutput,
  type GetObjectOutput,
} from '@aws-sdk/client-s3';

import { type Clock, systemClock, within } from '../../clock.js';
import type { SseConfig } from '../../config/config.js';
import { MediaUnavailableError } from '../../errors.js';
import type { ByteRange, MediaInfo, MediaStore } from '../../machines/ports/media.js';
import { assertMediaKey } from '../media-key.js';
import { describeObject, describePart, rangeHeader } from './answers.js';
import { createPresigner, type LinkOptions } from './presign.js';
import { relay } from './relay.js';
import { createRightsTest } from './rights-test.js';
import { createClient, hasCode, hasStatus, statusOf, type S3ClientOptions } from './s3-client.js';
import { createSignedGet } from './signed-get.js';
import { customerKeyOf, writingOf } from './sse.js';

export interface S3MediaOptions extends Omit<S3ClientOptions, 'answerLimitMs'> {
  /** The clock for the time limits. Default: the system clock. */
  clock?: Pick<Clock, 'after' | 'monotonic'>;
  bucket: string;
  /** Folder inside the bucket, which is put before every key; '' for none. */
  subfolder: string;
  sse?: SseConfig;
  /** Options of signed URLs that send players to the S3 server. Without them players load everything through Tally. */
  links?: LinkOptions;
  /** Time limit of a call, or of the first bytes of a read, including all retries, milliseconds; default 5 000. */
  limitMs?: number;
  /** Time limit of further bytes of a read, milliseconds; default 15 000. */
  stallLimitMs?: number;
}

export interface S3Media extends MediaStore {
  /**
   * Check that the bucket can be listed, and that an object can be written, read and removed. S3 services charge for each request,
   * so the latter runs once a minute, or 10 seconds after a failure, which is thrown until it succeeds.
   *
   * @throws MediaUnavailableError the bucket cannot be reached, or refuses one of these (retryable)
   */
  ping(): Promise<void>;
  close(): void;
}

/** All instances write, read and remove this object, possibly at the same time. */
const TESTED_KEY = '.tally-readiness';

/**
 * Media in a bucket that the egress writes to. The credentials also need the right to list the bucket: without it S3 answers 403
 * for a missing object, which looks like an outage.
 *
 * @throws InvalidInputError `subfolder` is not a valid media key
 */
export function createS3Media(options: S3MediaOptions): S3Media {
  const { clock = systemClock, bucket, links, limitMs = 5_000, stallLimitMs = 15_000 } = options;
  const subfolder = options.subfolder.replace(/^\/+|\/+$/g, '');
  if (subfolder !== '') assertMediaKey(subfolder);
  const customerKey = customerKeyOf(options.sse);
  const server = { ...options, answerLimitMs: limitMs / 2 };
  const client = createClient(server);
  const signed = options.sse?.type === 'SSE-C' ? undefined : createSignedGet(client, clock, server.answerLimitMs);
  const presigner = links === undefined ? undefined : createPresigner(server, links);
  const assertRights = createRightsTest(testRights, clock);

  return {
    stat,
    async hold(key) {
      const info = await stat(key);
      if (info === undefined) return undefined;
      return {
        info,
        read: async (range, signal) => streamOf({ ...targetOf(key), IfMatch: info.etag }, range, signal),
        close: () => Promise.resolve(),
      };
    },
    read: async (key, range, signal) => streamOf(targetOf(key), range, signal),
    async open(key, range, signal) {
      const target = targetOf(key);
      const answer = await getInTime({ ...target, ...(range !== undefined && { Range: rangeHeader(range) }) }, signal);
      if (answer === undefined) return undefined;
      const stream = relay(bodyOf(answer), { clock, key: target.Key, firstLimitMs: limitMs, stallLimitMs });
      try {
        return { ...describePart(answer), stream };
      } catch (cause) {
        stream.destroy();
        throw new MediaUnavailableError(`Cannot open ${target.Key}`, { cause });
      }
    },
    ...(presigner !== undefined && {
      async presign(key: string) {
        const target = targetOf(key);
        return ask(`make a URL for ${target.Key}`, () => presigner.presign(target));
      },
    }),
    remove,
    pathOf: (key) => `${bucket}/${targetOf(key).Key}`,
    egressPath: (key) => targetOf(key).Key,
    async ping() {
      const Prefix = subfolder === '' ? '' : `${subfolder}/`;
      await ask(`list ${bucket}`, (limit) =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 }), limit),
      );
      await assertRights();
    },
    close() {
      client.destroy();
      signed?.close();
      presigner?.close();
    },
  };

  function targetOf(key: string): Target {
    assertMediaKey(key);
    const isInside = subfolder === '' || key.startsWith(`${subfolder}/`);
    return { Bucket: bucket, Key: isInside ? key : `${subfolder}/${key}` };
  }

  async function stat(key: string): Promise<MediaInfo | undefined> {
    const target = targetOf(key);
    return ask(`look at ${target.Key}`, async (limit) => {
      for (;;) {
        const found = await head(target, limit);
        if (found !== undefined) return describeObject(found);
        if (await isAbsent(target, limit)) return undefined;
      }
    });
  }

  async function remove(key: string): Promise<void> {
    const target = targetOf(key);
    await ask(`remove ${target.Key}`, async (limit) => {
      await client.send(new DeleteObjectCommand(target), limit).catch(unless((error) => hasCode(error, 'NoSuchKey')));
    });
  }

  async function testRights(): Promise<void> {
    const target = targetOf(TESTED_KEY);
    await ask(`write ${target.Key}`, (limit) =>
      client.send(new PutObjectCommand({ ...target, Body: 'tally', ...writingOf(options.sse) }), limit),
    );
    await ask(`read ${target.Key}`, (limit) => head(target, limit)); // a 404 is good: another instance removed the object
    await remove(TESTED_KEY);
  }

  function streamOf(target: Target, range: ByteRange, signal: AbortSignal | undefined): Readable {
    const open = async (abortSignal: AbortSignal) => {
      const answer = await get({ ...target, Range: rangeHeader(range) }, abortSignal);
      return answer === undefined ? undefined : bodyOf(answer);
    };
    const stream = relay(open, { clock, key: target.Key, firstLimitMs: limitMs, stallLimitMs });
    return signal === undefined ? stream : addAbortSignal(signal, stream);
  }

  async function ask<Result>(what: string, work: (limit: { abortSignal: AbortSignal }) => Promise<Result>): Promise<Result> {
    try {
      return await within(limitMs, clock, (abortSignal) => work({ abortSignal }));
    } catch (cause) {
      throw unavailable(what, cause);
    }
  }

  /** Request the object's headers. @returns undefined on 404: without a body the answer does not name the reason */
  function head(target: Target, limit: { abortSignal: AbortSignal }) {
    return client
      .send(new HeadObjectCommand({ ...target, ...customerKey }), limit)
      .catch(unless((error) => hasStatus(error, 404)));
  }

  /** Whether the object, not its bucket, is missing. @returns false if the object exists by now */
  async function isAbsent(target: Target, { abortSignal }: { abortSignal: AbortSignal }): Promise<boolean> {
    try {
      const answer = await get({ ...target, Range: 'bytes=0-0' }, abortSignal);
      if (answer !== undefined) bodyOf(answer).destroy();
      return false;
    } catch (error) {
      if (hasCode(error, 'NoSuchKey')) return true;
      throw error;
    }
  }

  /** Request the object or a range of it. @returns undefined on 416: the object has none of these bytes */
  function get(target: Target & { Range?: string }, abortSignal: AbortSignal): Promise<GetObjectCommandOutput | undefined> {
    return client
      .send(new GetObjectCommand({ ...target, ...customerKey }), { abortSignal })
      .catch(unless((error) => hasStatus(error, 416)));
  }

  /** Request an object or a range within the time limit. @returns undefined if the object or the range is missing or empty */
  async function getInTime(target: Target & { Range?: string }, signal: AbortSignal): Promise<Answer | undefined> {
    try {
      const open = async (abort: AbortSignal) => (await signed?.get(target, abort)) ?? (await get(target, abort));
      const answer = await within(limitMs, clock, open, signal);
      if (answer?.ContentLength !== 0) return answer;
      bodyOf(answer).destroy();
      return undefined;
    } catch (cause) {
      signal.throwIfAborted();
      if (hasCode(cause, 'NoSuchKey')) return undefined;
      throw unavailable(`open ${target.Key}`, cause);
    }
  }
}

interface Target {
  Bucket: string;
  Key: string;
  /** The ETag of the only version that may be read. */
  IfMatch?: string;
}

/** The answer to a `GET`, from the SDK or from the signed-URL client. */
type Answer = Omit<GetObjectOutput, 'Body'> & { Body?: unknown };

function bodyOf({ Body }: Answer): Readable {
  if (!(Body instanceof Readable)) throw new Error('The answer has no body');
  return Body;
}

/** The error message includes the HTTP status, because an answer without a body, as to every `HEAD`, gives no other reason. */
function unavailable(what: string, cause: unknown): MediaUnavailableError {
  const status = statusOf(cause);
  return new MediaUnavailableError(`Cannot ${what}${status === undefined ? '' : ` (HTTP ${status})`}`, {
    cause,
    refused: status !== undefined,
  });
}

/** A handler for `catch`: an expected error becomes undefined, any other error is rethrown. */
function unless(isExpected: (error: unknown) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (!isExpected(error)) throw error;
    return undefined;
  };
}
