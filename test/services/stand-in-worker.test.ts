import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EgressStatus, EncodedFileOutput, type EgressInfo } from 'livekit-server-sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../servers/index.js';
import { startLiveKitStack, type LiveKitStack } from './support/livekit-stack.js';
import { startWebhookCollector, type WebhookCollector } from './support/webhook-collector.js';

const activeAfterMs = 3_000;
/** LiveKit waits 3 s for an egress handler before it answers that an egress cannot be stopped. */
const stopTimeoutMs = 60_000;

/** These tests show that our stand-in behaves like LiveKit's egress worker; other tests check its pictures. */
describe('the stand-in egress worker on a real LiveKit', () => {
  let stack: LiveKitStack;
  let webhooks: WebhookCollector;

  beforeAll(async () => {
    webhooks = await startWebhookCollector();
    stack = await startLiveKitStack([webhooks.url]);
    await stack.startWorker({ media: false, capacity: 10, activeAfterMs });
    return async () => {
      await stack.stop();
      webhooks.stop();
    };
  });

  async function start(room: string): Promise<EgressInfo> {
    await stack.rooms.createRoom({ name: room });
    const file = new EncodedFileOutput({ filepath: `recordings/${room}/${room}` });
    return stack.egress.startRoomCompositeEgress(room, { file });
  }

  async function reached(egressId: string, status: EgressStatus): Promise<EgressInfo> {
    return poll(`${egressId} is ${EgressStatus[status]}`, 20_000, async () => {
      const [info] = await stack.egress.listEgress({ egressId });
      return info?.status === status ? info : undefined;
    });
  }

  it(
    'records a room and reports each status to LiveKit',
    async () => {
      const accepted = await start('steps');
      expect(accepted.status).toBe(EgressStatus.EGRESS_STARTING);
      const active = await reached(accepted.egressId, EgressStatus.EGRESS_ACTIVE);
      expect((await stack.rooms.listParticipants('steps')).map(({ identity }) => identity)).toEqual([accepted.egressId]);
      const stopped = await stack.egress.stopEgress(accepted.egressId);
      expect(stopped).toMatchObject({ status: EgressStatus.EGRESS_ENDING, details: 'End reason: StopEgress API', endedAt: 0n });
      const file = stopped.fileResults[0];
      expect(file?.startedAt).toBe(active.fileResults[0]?.startedAt);
      expect(file?.duration).toBe((file?.endedAt ?? 0n) - (file?.startedAt ?? 0n));

      const complete = await reached(accepted.egressId, EgressStatus.EGRESS_COMPLETE);
      const location = join(stack.mediaDir, 'recordings/steps/steps.mp4');
      const { size } = await stat(location);
      expect(complete.fileResults[0]).toMatchObject({ filename: 'recordings/steps/steps.mp4', location, size: BigInt(size) });
      expect(complete.endedAt).toBeGreaterThan(0n);

      const reported = () => webhooks.events.filter(({ egressInfo }) => egressInfo?.egressId === accepted.egressId);
      await poll('the last webhook', 20_000, () => reported().some(({ event }) => event === 'egress_ended'));
      // egress_started may come twice: worker and server both announce the egress.
      const steps = reported().map(({ event, egressInfo }) => `${event} ${EgressStatus[egressInfo?.status ?? 0]}`);
      expect([...new Set(steps)]).toEqual([
        'egress_started EGRESS_STARTING',
        'egress_updated EGRESS_ACTIVE',
        'egress_updated EGRESS_ENDING',
        'egress_ended EGRESS_COMPLETE',
      ]);
    },
    stopTimeoutMs,
  );

  it(
    'aborts an egress that is stopped before it is ACTIVE',
    async () => {
      const { egressId } = await start('aborted');
      const stopped = await stack.egress.stopEgress(egressId);
      expect(stopped).toMatchObject({ status: EgressStatus.EGRESS_ABORTED, errorCode: 412, error: 'Start signal not received' });
      await reached(egressId, EgressStatus.EGRESS_ABORTED);
      await expect(stack.egress.stopEgress(egressId)).rejects.toMatchObject({ code: 'failed_precondition' });
    },
    stopTimeoutMs,
  );

  it(
    'completes its egress when the room is deleted',
    async () => {
      const { egressId } = await start('gone');
      await reached(egressId, EgressStatus.EGRESS_ACTIVE);
      await stack.rooms.deleteRoom('gone');
      const complete = await reached(egressId, EgressStatus.EGRESS_COMPLETE);
      expect(complete.details).toBe('End reason: Source closed');
    },
    stopTimeoutMs,
  );

  it(
    'leaves an ACTIVE egress in LiveKit when it is killed',
    async () => {
      const other = await startLiveKitStack([webhooks.url]);
      try {
        const worker = await other.startWorker({ media: false });
        await other.rooms.createRoom({ name: 'killed' });
        const file = new EncodedFileOutput({ filepath: 'killed' });
        const { egressId } = await other.egress.startRoomCompositeEgress('killed', { file });
        const isActive = async () => (await other.egress.listEgress({ egressId }))[0]?.status === EgressStatus.EGRESS_ACTIVE;
        await poll('it is active', 20_000, isActive);
        await worker.kill();
        await expect(other.egress.stopEgress(egressId)).rejects.toMatchObject({ code: 'deadline_exceeded' });
        expect(await isActive()).toBe(true);
      } finally {
        await other.stop();
      }
    },
    stopTimeoutMs,
  );
});
