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

/** The members of an answer that tell what its body is. */
export type SignedAnswer = Pick<GetObjectOutput, 'ContentLength' | 'ContentRange' | 'LastModified' | 'ETag'> & {
  Body: IncomingMessage;
};

/** How long a URL can be used, and how long it is; credentials of a role may end earlier, which costs a try. */
const EXPIRES_S = 900;
const USED_FOR_MS = 600_000;
const MOST_URLS = 1_000;

/**
 * `GET` by URLs that are signed once and used again. To make and sign a request takes the SDK half of the time that a server
 * near by takes to answer it, and a player that seeks asks for the same object again and again.
 *
 * @param answerLimitMs how long an answer may take, milliseconds
 */
export function createSignedGet(client: S3Client, clock: Pick<Clock, 'after' | 'monotonic'>, answerLimitMs: number) {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const urls = new Map<string, { url: string; until: number }>();

  return {
    /** One try. @returns undefined when it did not go well, whatever the reason: the SDK, which repeats, is to be asked */
    async get(target: Target, signal: AbortSignal): Promise<SignedAnswer | undefined> {
      try {
        const open = async (late: AbortSignal) => ask(await urlOf(target), target.Range, late);
        const answer = await within(answerLimitMs, clock, open, signal);
        if (answer.statusCode === 200 || answer.statusCode === 206) return describe(answer);
        answer.resume();
      } catch {
        // the SDK, which is asked next, says what is wrong
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
    request.on('error', () => undefined); // the body tells of its own end
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
