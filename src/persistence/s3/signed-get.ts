import { once } from 'node:events';
import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';

import { GetObjectCommand, type GetObjectOutput, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { type Clock, within } from '../../clock.js';

interface Target {
  Bucket: string;
  Key: string;
  Range?: string;
}

/** The headers that describe the body of an answer, named as in the SDK, and the body. */
export type SignedAnswer = Pick<GetObjectOutput, 'ContentLength' | 'ContentRange' | 'LastModified' | 'ETag'> & {
  Body: IncomingMessage;
};

/** A URL is valid for `EXPIRES_S` and reused for `USED_FOR_MS`. A role's credentials may expire earlier; then one try fails. */
const EXPIRES_S = 900;
const USED_FOR_MS = 600_000;
const MOST_URLS = 1_000;

/**
 * Requests objects by URLs that are signed once and reused. In the SDK, making and signing a request takes half as long as a
 * nearby server takes to answer, and a player that seeks requests the same object repeatedly.
 *
 * @param answerLimitMs time limit of an answer, milliseconds
 */
export function createSignedGet(client: S3Client, clock: Pick<Clock, 'after' | 'monotonic'>, answerLimitMs: number) {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const urls = new Map<string, { url: string; until: number }>();

  return {
    /** Try once. @returns undefined after any failure; the caller then uses the SDK, which retries */
    async get(target: Target, signal: AbortSignal): Promise<SignedAnswer | undefined> {
      try {
        const open = async (late: AbortSignal) => ask(await urlOf(target), target.Range, late);
        const answer = await within(answerLimitMs, clock, open, signal);
        if (answer.statusCode === 200 || answer.statusCode === 206) return describe(answer);
        answer.resume();
      } catch {
        // the caller uses the SDK next, which reports the error
      }
      urls.delete(target.Key);
      return undefined;
    },
    close(): void {
      agents.http.destroy();
      agents.https.destroy();
    },
  };

  async function urlOf({ Bucket, Key }: Target): Promise<string> {
    const known = urls.get(Key);
    if (known !== undefined && clock.monotonic() < known.until) return known.url;
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { expiresIn: EXPIRES_S });
    urls.delete(Key);
    urls.set(Key, { url, until: clock.monotonic() + USED_FOR_MS });
    const [oldest] = urls.keys();
    if (urls.size > MOST_URLS && oldest !== undefined) urls.delete(oldest);
    return url;
  }

  async function ask(url: string, range: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = range === undefined ? {} : { Range: range };
    const request = url.startsWith('https:')
      ? httpsGet(url, { agent: agents.https, headers, signal })
      : httpGet(url, { agent: agents.http, headers, signal });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    request.on('error', () => undefined); // later errors also reach the body's stream, which its reader handles
    return answer;
  }
}

function describe(answer: IncomingMessage): SignedAnswer {
  const { etag, 'content-length': size, 'content-range': range, 'last-modified': modified } = answer.headers;
  return {
    Body: answer,
    ...(size !== undefined && { ContentLength: Number(size) }),
    ...(range !== undefined && { ContentRange: range }),
    ...(modified !== undefined && { LastModified: new Date(modified) }),
    ...(etag !== undefined && { ETag: etag }),
  };
}
