import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface WebhookRequest {
  url: string;
  body: string;
  /** The whole Authorization header. LiveKit puts the bare token there. */
  authorization: string;
}

export interface WebhookAnswer {
  status: number;
  /** From `Retry-After`, seconds. */
  retryAfterS?: number;
}

export interface WebhookPoster {
  /** Rejects when no answer comes: refused, reset, closed. There is no time limit, as in LiveKit. */
  post(request: WebhookRequest): Promise<WebhookAnswer>;
  close(): void;
}

/** As many connections as there are queues with something to say: one receiver that hangs must not hold up another key. */
export function createWebhookPoster(): WebhookPoster {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });

  const post = (request: WebhookRequest): Promise<WebhookAnswer> =>
    new Promise((resolve, reject) => {
      const secure = request.url.startsWith('https:');
      const options = {
        method: 'POST',
        agent: secure ? https : http,
        headers: {
          Authorization: request.authorization,
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
          resolve({ status: response.statusCode ?? 0, ...(seconds > 0 && { retryAfterS: seconds }) });
        });
      });
      outgoing.once('error', (error: NodeJS.ErrnoException) => {
        // The receiver closed an idle connection just as it was taken; Go's client silently takes a new one too.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') post(request).then(resolve, reject);
        else reject(error);
      });
      outgoing.end(request.body);
    });

  return {
    post,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}
