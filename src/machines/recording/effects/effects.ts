import type { Clock } from '../../../clock.js';
import { LiveKitUnavailableError } from '../../../errors.js';
import { type EffectHandler, type EffectRun, NotYet } from '../../kernel/definition.js';
import { RESCUE_FOR_MS, type RecordingEffectName, rescueWaitMs } from '../machine/definition.js';
import { type EgressObservation, rankOf } from '../../ports/egress-gateway.js';
import type { RecordingEvent } from '../events.js';
import { inspectFile } from './media-file.js';
import { rises } from '../machine/observation.js';
import type { LiveKitGateway } from '../../ports/livekit-gateway.js';
import type { Notifications } from '../../ports/notifications.js';
import type { MediaStore } from '../../ports/media.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import type { RecordingContext } from '../recording.js';
import { deathEvent, findOwn, LOOK_FOR_MS, startDuty, startEvent } from './start-call.js';

export interface RecordingEffectPorts {
  livekit: LiveKitGateway;
  locks: RoomLocks;
  media: MediaStore;
  notifications: Notifications;
  clock: Clock;
  instance: string;
  /** Full life of a room's lock, milliseconds. */
  lockTtlMs: number;
  confirmMs: number;
}

type Run = EffectRun<RecordingContext>;
type Handler = EffectHandler<RecordingContext, RecordingEvent>;

const LOOK_AGAIN_MS = 1_000;

/** The I/O that the recording machine names. Every one but `startEgress` may run twice harmlessly. */
export function createRecordingEffects(ports: RecordingEffectPorts): Record<RecordingEffectName, Handler> {
  const { livekit, locks, media, clock } = ports;
  const observed = (egress: EgressObservation): RecordingEvent => ({
    type: 'egress.observed',
    egress,
    at: clock.now(),
    source: 'effect',
  });

  /** The egress by its id or, while that is unknown, by our uid in its path. */
  async function lookOnce(recording: RecordingContext, timeoutMs?: number): Promise<EgressObservation | undefined> {
    if (recording.egressId !== undefined) return livekit.findEgress(recording.egressId, timeoutMs);
    return findOwn(recording.uid, await livekit.listEgress({ roomName: recording.roomId }, timeoutMs));
  }

  async function look({ document }: Run): Promise<RecordingEvent | undefined> {
    if (document.egressId !== undefined) return undefined;
    const egress = await lookOnce(document);
    if (egress !== undefined) return observed(egress);
    const leftMs = (document.calledAt ?? document.createdAt) + LOOK_FOR_MS - clock.now();
    if (leftMs > 0) throw new NotYet(Math.min(LOOK_AGAIN_MS, leftMs), 'the start call may still be taken');
    // Not a death: should somebody have learned of the egress meanwhile, this says nothing about it.
    return refused('lost', 'LiveKit never took the start');
  }

  async function startEgress(run: Run): Promise<RecordingEvent | undefined> {
    const { document } = run;
    switch (startDuty(document, { instance: ports.instance, fresh: run.fresh, ageMs: run.ageMs })) {
      case 'nothing':
        return undefined;
      case 'look':
        return look(run);
      case 'refuse':
        return refused('late', 'the start was not sent in time');
      case 'call': {
        const filepath = media.egressPath(document.mediaKey);
        const outcome = await livekit.startRoomComposite({ roomName: document.roomId, filepath });
        if (outcome.kind !== 'no_capacity') return startEvent(outcome, clock.now());
        const egress = await lookOnce(document);
        return egress === undefined ? refused('capacity', outcome.message) : observed(egress);
      }
    }
  }

  function refused(kind: 'late' | 'capacity' | 'lost', message: string): RecordingEvent {
    return { type: 'start.refused', reason: { kind, message }, at: clock.now(), source: 'effect' };
  }

  /** The last question before a start is undone. Not an answer in time is an answer too: it does not record. */
  async function confirmStart({ document, effect }: Run): Promise<RecordingEvent> {
    const egress = await lookOnce(document, ports.confirmMs).catch((error: unknown) => {
      if (error instanceof LiveKitUnavailableError) return undefined;
      throw error;
    });
    if (egress !== undefined && rankOf(egress.status) > 0) return observed(egress);
    return { type: 'deadline.passed', generation: Number(effect.params.generation), at: clock.now(), source: 'effect' };
  }

  async function stopEgress({ effect }: Run): Promise<RecordingEvent | undefined> {
    const egressId = String(effect.params.egressId);
    const outcome = await livekit.stopEgress(egressId);
    switch (outcome.kind) {
      case 'stopping':
        return observed(outcome.egress);
      case 'already_over': {
        const egress = await livekit.findEgress(egressId);
        return egress === undefined ? undefined : observed(egress);
      }
      case 'not_found':
        return undefined;
      case 'no_answer':
        throw new LiveKitUnavailableError('nobody answered for the egress');
    }
  }

  async function confirmDeath({ document, effect }: Run): Promise<RecordingEvent | undefined> {
    const egressId = String(effect.params.egressId);
    const outcome = await livekit.stopEgress(egressId);
    if (outcome.kind === 'no_answer') {
      // A stop can get lost on its way to a healthy worker: an egress that went on since the looks is not dead.
      const egress = await livekit.findEgress(egressId);
      if (egress !== undefined && rises(document, egress)) return observed(egress);
    }
    const event = deathEvent(outcome, clock.now());
    if (event !== undefined) return event;
    const egress = await livekit.findEgress(egressId);
    return egress === undefined ? deathEvent({ kind: 'not_found' }, clock.now()) : observed(egress);
  }

  async function fileEvent(recording: RecordingContext): Promise<RecordingEvent> {
    const verdict = await inspectFile(media, recording.mediaKey, recording.size);
    const from = { at: clock.now(), source: 'media' };
    return verdict.complete ? { type: 'media.found', size: verdict.size, ...from } : { type: 'media.absent', ...from };
  }

  /** Looks with growing pauses for a day: an upload may end long after LiveKit was heard of last. */
  async function fileInTime({ document, attempt }: Run): Promise<RecordingEvent> {
    const event = await fileEvent(document);
    const since = document.settledAt ?? clock.now();
    if (event.type === 'media.absent' && clock.now() < since + RESCUE_FOR_MS) {
      throw new NotYet(rescueWaitMs(attempt), 'no complete file yet');
    }
    return event;
  }

  return {
    startEgress,
    findEgress: look,
    confirmStart,
    stopEgress,
    confirmDeath,
    async extendRoomLock({ document, effect }) {
      await locks.extend(document.roomId, String(effect.params.value), ports.lockTtlMs);
      return undefined;
    },
    async releaseRoomLock({ document, effect }) {
      await locks.release(document.roomId, String(effect.params.value));
      return undefined;
    },
    verifyMedia: fileInTime,
    checkMedia: ({ document }) => fileEvent(document),
    rescueMedia: fileInTime,
    async removeMedia({ document, effect, attempt }) {
      await media.remove(String(effect.params.mediaKey));
      const since = document.deletedAt ?? document.settledAt ?? clock.now();
      if (effect.params.again === true && clock.now() < since + RESCUE_FOR_MS) {
        throw new NotYet(rescueWaitMs(attempt), 'the egress may still deliver a file');
      }
      return undefined;
    },
    async notify({ document, effect, key }) {
      const { notice, status } = effect.params;
      await ports.notifications.append({
        kind: 'recording',
        key,
        version: effect.since,
        name: String(notice),
        status: String(status),
        entity: document,
      });
      return undefined;
    },
  };
}
