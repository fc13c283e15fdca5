import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebhookReceiver, type WebhookEvent } from 'livekit-server-sdk';
import { freeTcpPort, liveKitKey, liveKitSecret } from '../../servers/index.js';

export interface WebhookCollector {
  readonly url: string;
  /** The webhooks with a valid signature, in the order of arrival. */
  readonly events: readonly WebhookEvent[];
  stop(): void;
}

export async function startWebhookCollector(): Promise<WebhookCollector> {
  const receiver = new WebhookReceiver(liveKitKey, liveKitSecret);
  const events: WebhookEvent[] = [];
  const port = await freeTcpPort();
  const server = createServer((request, response) => {
    void text(request)
      .then((body) => receiver.receive(body, request.headers.authorization))
      .then(
        (event) => events.push(event),
        () => response.writeHead(401),
      )
      .finally(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${port}/`, events, stop: () => void server.close() };
}
