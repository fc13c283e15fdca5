import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { EncodedFileOutput } from '@livekit/protocol';
import { EgressClient, RoomServiceClient } from 'livekit-server-sdk';

import { inParallel } from '../lab/http-client.js';
import type { Place } from '../places/place.js';

export interface StartPlan {
  warmUp: number;
  count: number;
  /** Starts at once. */
  width: number;
  activeAfterMs: number;
}

/**
 * Measure a start without a control plane: the client asks LiveKit for the participants, starts the egress and waits for the
 * webhook that says ACTIVE.
 *
 * @returns the milliseconds of each start
 */
export async function directStarts(place: Place, { warmUp, count, width, activeAfterMs }: StartPlan): Promise<number[]> {
  const waiting = new Map<string, () => void>();
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.end();
      const event = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { egressInfo?: { status?: string; roomName?: string } };
      if (event.egressInfo?.status === 'EGRESS_ACTIVE') waiting.get(event.egressInfo.roomName ?? '')?.();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const webhookUrl = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/`;
  const livekit = await place.openLiveKit({ webhookUrl, activeAfterMs });
  const egress = new EgressClient(livekit.url, livekit.apiKey, livekit.apiSecret);
  const rooms = new RoomServiceClient(livekit.url, livekit.apiKey, livekit.apiSecret);

  async function start(room: string): Promise<number> {
    const active = new Promise<void>((resolve) => waiting.set(room, resolve));
    const begunAt = performance.now();
    await rooms.listParticipants(room);
    await egress.startRoomCompositeEgress(room, { file: new EncodedFileOutput({ filepath: `${room}.mp4` }) });
    await active;
    return performance.now() - begunAt;
  }

  try {
    const names = Array.from({ length: warmUp + count }, (_, index) => `direct-${String(index)}`);
    await livekit.join(names);
    await inParallel(names.slice(0, warmUp), 4, async (room) => {
      await start(room);
    });
    const samples: number[] = [];
    await inParallel(names.slice(warmUp), width, async (room) => void samples.push(await start(room)));
    return samples;
  } finally {
    await livekit.close();
    receiver.close();
    receiver.closeAllConnections();
  }
}
