import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

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

import { inParallel } from '../lab/http-client.js';
import { openLab } from '../lab/lab.js';
import type { Place } from '../places/place.js';
import { type Result, single } from '../results/result.js';
import { openSimulator, type Simulator } from '../places/simulator.js';

const RECORDINGS = 3_000;
const IN_FLIGHT = 64;
const LOCKED_AFTER_MS = 6_000;

interface Delivery {
  body: string;
  token: string;
}

/** Periodic work would count as the webhooks' own. */
const UNDISTURBED = { TALLY_RECONCILE_INTERVAL_MS: '600000', TALLY_DUE_INTERVAL_MS: '600000' };

/** Deliver signed `egress_updated` and `egress_ended` of many recordings. Tally commits each before it answers. */
export async function webhooks(place: Place): Promise<Result[]> {
  const lab = await openLab(place, { openLiveKit: openSimulator, env: UNDISTURBED });
  try {
    const rooms = await lab.openRooms(place.count(RECORDINGS));
    const deliveries: Delivery[] = [];
    await inParallel(rooms, 16, async (roomId) => {
      const { recordingId } = await lab.record(roomId);
      await putFile(lab.livekit.env['TALLY_MEDIA_DIR'] ?? '', pathOf(roomId, recordingId));
      for (const status of [EgressStatus.EGRESS_ENDING, EgressStatus.EGRESS_COMPLETE]) {
        deliveries.push(await deliveryOf(lab.livekit, { recordingId, roomId }, status));
      }
    });
    // Some seconds after its start, each recording extends its room lock: that work must be over.
    await wait(LOCKED_AFTER_MS);
    const operations = (await place.mongoOperations?.()) ?? 0;
    const begunAt = performance.now();
    await inParallel(deliveries, IN_FLIGHT, async ({ body, token }) => {
      const headers = { Authorization: token, 'Content-Type': 'application/webhook+json' };
      const { status } = await lab.client.call('POST', `${lab.tallyUrl}/livekit/webhook`, headers, body);
      if (status !== 200) throw new Error(`webhook answered ${String(status)}`);
    });
    const seconds = (performance.now() - begunAt) / 1_000;
    const [n, target] = [deliveries.length, place.kind === 'embedded' ? 1_000 : 800];
    const results = [single({ name: 'webhooks_per_s', unit: '1/s', target, op: '>=' }, n / seconds, n)];
    if (place.mongoOperations !== undefined) {
      const goal = { name: 'webhook_mongo_ops', unit: '', target: 2, op: '<=' } as const;
      results.push(single(goal, ((await place.mongoOperations()) - operations) / n, n));
    }
    return results;
  } finally {
    await lab.close();
  }
}

function pathOf(roomId: string, recordingId: string): string {
  return `recordings/${roomId}/${roomId}--${recordingId.split('--')[2] ?? ''}.mp4`;
}

/** Write the file that the egress would have written: one byte. */
async function putFile(mediaDir: string, filepath: string): Promise<void> {
  const file = path.join(mediaDir, filepath);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, '.');
}

async function deliveryOf(
  { apiKey, apiSecret }: Simulator,
  { recordingId, roomId }: { recordingId: string; roomId: string },
  status: EgressStatus,
): Promise<Delivery> {
  const [, egressId = '', uid = ''] = recordingId.split('--');
  const now = BigInt(Date.now()) * 1_000_000n;
  const filepath = pathOf(roomId, recordingId);
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
        new FileInfo({
          filename: filepath,
          location: filepath,
          startedAt: now - 10_000_000_000n,
          endedAt: now,
          duration: 10_000_000_000n,
          size: 1n,
        }),
      ],
    }),
  });
  event.event = status === EgressStatus.EGRESS_ENDING ? 'egress_updated' : 'egress_ended';
  const body = event.toJsonString();
  const token = new AccessToken(apiKey, apiSecret, { ttl: '5m' });
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return { body, token: await token.toJwt() };
}
