import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { EncodedFileOutput } from '@livekit/protocol';
import { EgressClient, RoomServiceClient } from 'livekit-server-sdk';

import { createHttpClient, inParallel } from './http-client.js';
import { LIVEKIT_KEY, LIVEKIT_SECRET, openSimulator } from './processes.js';

interface Pace {
  name: string;
  delayMs?: number;
}

/**
 * What a start takes without a control plane: somebody asks LiveKit who is in the room, starts the egress and waits for the
 * webhook that says ACTIVE.
 *
 * @param width how many at once
 * @returns milliseconds of each
 */
export async function directStarts(warmUp: number, count: number, width: number, pace: Pace): Promise<number[]> {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tally-direct-'));
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
  const client = createHttpClient();
  const webhookUrl = `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/`;
  const simulator = await openSimulator(mediaDir, webhookUrl, 1_000_000, client);
  const egress = new EgressClient(simulator.url, LIVEKIT_KEY, LIVEKIT_SECRET);
  const rooms = new RoomServiceClient(simulator.url, LIVEKIT_KEY, LIVEKIT_SECRET);

  async function start(room: string): Promise<number> {
    await simulator.call('POST', `/rooms/${room}/participants`, { identity: 'ada', publish: true });
    const active = new Promise<void>((resolve) => waiting.set(room, resolve));
    const begunAt = performance.now();
    await rooms.listParticipants(room);
    await egress.startRoomCompositeEgress(room, { file: new EncodedFileOutput({ filepath: `${room}.mp4` }) });
    await active;
    return performance.now() - begunAt;
  }

  try {
    await simulator.setPace(pace);
    const names = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `direct-${String(from + index)}`);
    await inParallel(names(0, warmUp), 4, async (room) => {
      await start(room);
    });
    const samples: number[] = [];
    await inParallel(names(warmUp, warmUp + count), width, async (room) => void samples.push(await start(room)));
    return samples;
  } finally {
    client.close();
    await simulator.close();
    receiver.close();
    receiver.closeAllConnections();
    await rm(mediaDir, { recursive: true, force: true });
  }
}
