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
import { openLab } from './lab.js';
import type { Place } from './place.js';
import { type Result, single } from './result.js';
import { openSimulator, type Simulator } from './simulator.js';

const RECORDINGS = 3_000;
const IN_FLIGHT = 64;

interface Delivery {
  body: string;
  token: string;
}

/** Signed `egress_updated` and `egress_ended` of many recordings, each committed before its answer. */
export async function webhooks(place: Place): Promise<Result> {
  const lab = await openLab(place, { openLiveKit: openSimulator, env: { TALLY_RECONCILE_INTERVAL_MS: '600000' } });
  try {
    const rooms = await lab.openRooms(place.count(RECORDINGS));
    const deliveries: Delivery[] = [];
    await inParallel(rooms, 16, async (roomId) => {
      const { recordingId } = await lab.record(roomId);
      for (const status of [EgressStatus.EGRESS_ENDING, EgressStatus.EGRESS_COMPLETE]) {
        deliveries.push(await deliveryOf(lab.livekit, { recordingId, roomId }, status));
      }
    });
    const begunAt = performance.now();
    await inParallel(deliveries, IN_FLIGHT, async ({ body, token }) => {
      const headers = { Authorization: token, 'Content-Type': 'application/webhook+json' };
      const { status } = await lab.client.call('POST', `${lab.tallyUrl}/livekit/webhook`, headers, body);
      if (status !== 200) throw new Error(`webhook answered ${String(status)}`);
    });
    const seconds = (performance.now() - begunAt) / 1_000;
    const target = place.kind === 'embedded' ? 1_000 : 800;
    return single({ name: 'webhooks_per_s', unit: '1/s', target, op: '>=' }, deliveries.length / seconds, deliveries.length);
  } finally {
    await lab.close();
  }
}

async function deliveryOf(
  { apiKey, apiSecret }: Simulator,
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
  const token = new AccessToken(apiKey, apiSecret, { ttl: '5m' });
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return { body, token: await token.toJwt() };
}
