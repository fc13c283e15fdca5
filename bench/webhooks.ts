import { createHash } from 'node:crypto';

import {
  EgressInfo,
  EgressStatus,
  FileInfo,
  RoomCompositeEgressRequest,
  WebhookEvent,
  EncodedFileOutput,
  Room,
} from '@livekit/protocol';
import { AccessToken } from 'livekit-server-sdk';

import { inParallel } from './http-client.js';
import { LIVEKIT_KEY, LIVEKIT_SECRET, openBench } from './processes.js';
import { type Result, single } from './result.js';

const RECORDINGS = 3_000;
const IN_FLIGHT = 64;

interface Delivery {
  body: string;
  token: string;
}

/** Signed `egress_updated` and `egress_ended` of many recordings, each committed before its answer. */
export async function webhooks(): Promise<Result> {
  const bench = await openBench({ env: { TALLY_RECONCILE_INTERVAL_MS: '600000' } });
  try {
    const rooms = await bench.openRooms(RECORDINGS);
    const started: { recordingId: string; roomId: string }[] = [];
    await inParallel(rooms, 16, async (roomId) => {
      const { body, status } = await bench.api('POST', '/recordings', { roomId });
      if (status === 201) started.push(JSON.parse(body) as { recordingId: string; roomId: string });
    });
    const deliveries: Delivery[] = [];
    for (const recording of started) {
      deliveries.push(await deliveryOf(recording, EgressStatus.EGRESS_ENDING));
      deliveries.push(await deliveryOf(recording, EgressStatus.EGRESS_COMPLETE));
    }
    const begunAt = performance.now();
    await inParallel(deliveries, IN_FLIGHT, async ({ body, token }) => {
      const headers = { Authorization: token, 'Content-Type': 'application/webhook+json' };
      const { status } = await bench.client.call('POST', `${bench.tallyUrl}/livekit/webhook`, headers, body);
      if (status !== 200) throw new Error(`webhook answered ${String(status)}`);
    });
    const seconds = (performance.now() - begunAt) / 1_000;
    const goal = { name: 'webhooks_per_s', unit: '1/s', target: 1_000, op: '>=' } as const;
    return single(goal, deliveries.length / seconds, deliveries.length);
  } finally {
    await bench.close();
  }
}

async function deliveryOf(
  { recordingId, roomId }: { recordingId: string; roomId: string },
  status: EgressStatus,
): Promise<Delivery> {
  const [, egressId = '', uid = ''] = recordingId.split('--');
  const now = BigInt(Date.now()) * 1_000_000n;
  const filepath = `recordings/${roomId}/${roomId}--${uid}.mp4`;
  const event = new WebhookEvent({
    id: `EV_${uid}${String(status)}`,
    createdAt: BigInt(Math.floor(Date.now() / 1_000)),
    room: new Room({ name: roomId, sid: 'RM_bench' }),
    egressInfo: new EgressInfo({
      egressId,
      roomName: roomId,
      status,
      startedAt: now - 10_000_000_000n,
      updatedAt: now + BigInt(status),
      request: {
        case: 'roomComposite',
        value: new RoomCompositeEgressRequest({ roomName: roomId, fileOutputs: [new EncodedFileOutput({ filepath })] }),
      },
      fileResults: [
        new FileInfo({ filename: filepath, startedAt: now - 10_000_000_000n, endedAt: now, duration: 10_000_000_000n, size: 1n }),
      ],
    }),
  });
  event.event = status === EgressStatus.EGRESS_ENDING ? 'egress_updated' : 'egress_ended';
  const body = event.toJsonString();
  const token = new AccessToken(LIVEKIT_KEY, LIVEKIT_SECRET, { ttl: '5m' });
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return { body, token: await token.toJwt() };
}
