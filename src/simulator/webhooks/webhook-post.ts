import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface WebhookRequest {
  url: string;
  body: string;
  /** The whole Authorization header. LiveKit puts the bare token there. */
  authorization?: string;
}

export interface WebhookAnswer {
  status: number;
  /** From `Retry-After`, seconds. */
  retryAfterS?: number;
}

export interface WebhookPoster {
  /** Rejects when the connection is refused, reset or closed. There is no time limit, as in LiveKit. */
  post(request: WebhookRequest): Promise<WebhookAnswer>;
  close(): void;
}

interface OutgoingRequest extends WebhookRequest {
  method: 'POST' | 'GET';
}

/** LiveKit posts with Go's client, which stops after ten requests. */
const MAX_REDIRECTS = 9;

/** The number of connections is not limited, because a receiver that hangs must not delay the other queues. */
export function createWebhookPoster(): WebhookPoster {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });

  const send = (request: OutgoingRequest, redirects: number): Promise<WebhookAnswer> =>
    new Promise((resolve, reject) => {
      const secure = request.url.startsWith('https:');
      const options = {
        method: request.method,
        agent: secure ? https : http,
        headers: {
          ...(request.authorization !== undefined && { Authorization: request.authorization }),
          'Content-Type': 'application/webhook+json',
          'User-Agent': 'LiveKit',
          'Content-Length': Buffer.byteLength(request.body),
        },
      };
      const outgoing = (secure ? httpsRequest : httpRequest)(request.url, options, (response) => {
        const seconds = Number(response.headers['retry-after']);
        response.resume();
        response.once('error', reject);
        response.once('end', () => {
          const onward = redirected(request, response);
          if (onward !== undefined && redirects < MAX_REDIRECTS) send(onward, redirects + 1).then(resolve, reject);
          else resolve({ status: response.statusCode ?? 0, ...(seconds > 0 && { retryAfterS: seconds }) });
        });
      });
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        // The receiver closed an idle connection just as it was reused. Go's client also retries on a new one.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') send(request, redirects).then(resolve, reject);
        else reject(error);
      });
      outgoing.end(request.body);
    });

  return {
    post: (request) => send({ ...request, method: 'POST' }, 0),
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

/** The next request of Go's client: the same POST after 307 and 308, else a GET. The token is sent to the same host only. */
function redirected(request: OutgoingRequest, { statusCode = 0, headers }: IncomingMessage): OutgoingRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  if (headers.location === undefined || !URL.canParse(headers.location, request.url)) return undefined;
  const url = new URL(headers.location, request.url);
  const { authorization, ...rest } = request;
  return {
    ...rest,
    url: url.href,
    ...(authorization !== undefined && url.hostname === new URL(request.url).hostname && { authorization }),
    ...(statusCode < 307 && { method: 'GET', body: '' }),
  };
}
