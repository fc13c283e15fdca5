import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { WebhookEvent } from '@livekit/protocol';
import { AccessToken } from 'livekit-server-sdk';

/** A webhook of LiveKit: its raw body and the decoded event. */
export interface TappedWebhook {
  body: string;
  event: WebhookEvent;
}

/** A server that receives LiveKit's webhooks, collects them, and acknowledges each. */
export interface WebhookTap {
  url: string;
  webhooks: TappedWebhook[];
  /** The webhooks of one egress, in the order of arrival. */
  ofEgress(egressId: string): TappedWebhook[];
  close(): Promise<void>;
}

export async function startWebhookTap(): Promise<WebhookTap> {
  const webhooks: TappedWebhook[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      webhooks.push({ body, event: WebhookEvent.fromJsonString(body, { ignoreUnknownFields: true }) });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    webhooks,
    ofEgress: (egressId) => webhooks.filter(({ event }) => event.egressInfo?.egressId === egressId),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Signs a webhook and delivers it to Tally as LiveKit does. @returns the status of the answer */
export async function deliver(tallyUrl: string, body: string, key: { apiKey: string; apiSecret: string }): Promise<number> {
  const token = new AccessToken(key.apiKey, key.apiSecret, { ttl: '5m' });
  token.sha256 = createHash('sha256').update(body).digest('base64');
  const answer = await fetch(`${tallyUrl}/livekit/webhook`, {
    method: 'POST',
    headers: { Authorization: await token.toJwt(), 'Content-Type': 'application/webhook+json' },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}
