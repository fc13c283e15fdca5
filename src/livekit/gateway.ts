import { EncodedFileOutput, EncodedFileType } from '@livekit/protocol';
import { EgressClient, RoomServiceClient } from 'livekit-server-sdk';

import { LiveKitKeyRefusedError, LiveKitUnavailableError } from '../errors.js';
import type { StartOutcome, StopOutcome } from '../machines/ports/egress-gateway.js';
import type { LiveKitGateway } from '../machines/ports/livekit-gateway.js';
import { callFailureOf, type CallFailure } from './call-failure.js';
import { decodeEgress } from './egress-decoder.js';
import { decodePresence, decodeRoom } from './room-decoder.js';

export interface GatewayLimits {
  /** StartEgress, milliseconds. LiveKit answers "no worker" after 18 to 27 s; below 30 s that might become "unknown". */
  startMs: number;
  /** StopEgress, milliseconds. LiveKit itself gives up after 15 s. */
  stopMs: number;
  /** Every other call, milliseconds, unless the caller passes a limit. */
  lookMs: number;
}

export interface GatewayOptions {
  /** `http://`, `https://`, `ws://` or `wss://`; a path is ignored. */
  host: string;
  apiKey: string;
  apiSecret: string;
  limits?: Partial<GatewayLimits>;
}

const DEFAULT_LIMITS: GatewayLimits = { startMs: 30_000, stopMs: 17_000, lookMs: 5_000 };

/** Calls LiveKit through its SDK, with one attempt per call, our time limits and our errors. */
export function createLiveKitGateway({ host, apiKey, apiSecret, limits }: GatewayOptions): LiveKitGateway {
  const { startMs, stopMs, lookMs } = { ...DEFAULT_LIMITS, ...limits };
  // The SDK's fail-over repeats a call, but StartEgress must be sent at most once.
  const clientOptions = (limitMs: number) => ({ requestTimeout: toSeconds(limitMs), failover: false });
  const egressClient = (limitMs: number) => new EgressClient(host, apiKey, apiSecret, clientOptions(limitMs));
  const starting = egressClient(startMs);
  const stopping = egressClient(stopMs);
  const looking = egressClient(lookMs);
  const rooms = new RoomServiceClient(host, apiKey, apiSecret, clientOptions(lookMs));
  const lookingFor = (timeoutMs = lookMs) => (timeoutMs === lookMs ? looking : egressClient(timeoutMs));

  return {
    async startRoomComposite({ roomName, filepath }) {
      try {
        const file = new EncodedFileOutput({ fileType: EncodedFileType.MP4, filepath, disableManifest: true });
        const egress = decodeEgress(await starting.startRoomCompositeEgress(roomName, { file }, { layout: 'grid' }));
        return egress === undefined ? UNREADABLE_START : { kind: 'accepted', egress };
      } catch (error) {
        return startOutcomeOf(callFailureOf(error));
      }
    },

    async stopEgress(egressId) {
      const answer = await stopping.stopEgress(egressId).catch((error: unknown): StopOutcome => stopOutcomeOf(error));
      if ('kind' in answer) return answer;
      const egress = decodeEgress(answer);
      if (egress === undefined)
        throw new LiveKitUnavailableError('LiveKit answered StopEgress with something that cannot be read');
      return { kind: 'stopping', egress };
    },

    async findEgress(egressId, timeoutMs) {
      const answer = await orNotFound(lookingFor(timeoutMs).listEgress({ egressId }), undefined);
      if (answer === undefined) return undefined;
      const egress = answer.map(decodeEgress).find((each) => each?.egressId === egressId);
      // Only a 404 proves that the egress does not exist; an empty answer or an undecodable egress does not.
      if (egress === undefined)
        throw new LiveKitUnavailableError('LiveKit answered ListEgress with something that cannot be read');
      return egress;
    },

    async listEgress(filter = {}, timeoutMs) {
      const answer = await orUnavailable(lookingFor(timeoutMs).listEgress(filter));
      return answer.map(decodeEgress).filter((egress) => egress !== undefined);
    },

    async listRooms(names) {
      // LiveKit treats an empty list of names as a request for all rooms.
      if (names?.length === 0) return [];
      return (await orUnavailable(rooms.listRooms(names))).map(decodeRoom);
    },

    async listParticipants(roomName) {
      return (await orNotFound(rooms.listParticipants(roomName), [])).map(decodePresence);
    },

    async deleteRoom(roomName) {
      await orNotFound(rooms.deleteRoom(roomName), undefined);
    },
  };
}

const UNREADABLE_START: StartOutcome = {
  kind: 'unknown',
  message: 'LiveKit answered StartEgress with something that cannot be read',
};

/** HTTP statuses that LiveKit answers before it asks any egress worker. */
const REFUSED_STATUSES = [400, 401, 403, 404];

function startOutcomeOf(failure: CallFailure): StartOutcome {
  const { message } = failure;
  if (failure.kind === 'unreachable') return { kind: 'refused', code: 'unreachable', message };
  if (failure.kind === 'lost') return { kind: 'unknown', message };
  if (REFUSED_STATUSES.includes(failure.status)) return { kind: 'refused', code: 'livekit', message };
  // Without the Twirp code, a 503 is a proxy's and does not tell what LiveKit did.
  if (failure.code === 'unavailable') return { kind: 'no_capacity', message };
  if (failure.status === 500) return { kind: 'handler_failed', message };
  return { kind: 'unknown', message };
}

/** @throws LiveKitUnavailableError the answer is missing or says nothing about the egress */
function stopOutcomeOf(error: unknown): StopOutcome {
  const failure = callFailureOf(error);
  switch (failure.kind === 'answered' ? failure.code : undefined) {
    case 'failed_precondition':
      return { kind: 'already_over' };
    case 'not_found':
      return { kind: 'not_found' };
    case 'deadline_exceeded':
    case 'unavailable':
      return { kind: 'no_answer' };
    default:
      throw unavailable(failure, error);
  }
}

async function orUnavailable<Answer>(call: Promise<Answer>): Promise<Answer> {
  return call.catch((error: unknown) => {
    throw unavailable(callFailureOf(error), error);
  });
}

/** LiveKit's answer, or `absent` when LiveKit itself answers 404. A proxy's 404 proves nothing and is thrown as unavailable. */
async function orNotFound<Answer>(call: Promise<Answer>, absent: Answer): Promise<Answer> {
  return call.catch((error: unknown) => {
    const failure = callFailureOf(error);
    if (failure.kind === 'answered' && failure.code === 'not_found') return absent;
    throw unavailable(failure, error);
  });
}

function unavailable(failure: CallFailure, cause: unknown): LiveKitUnavailableError {
  const { message, ...details } = failure;
  if (failure.kind === 'answered' && failure.status === 401) return new LiveKitKeyRefusedError({ details, cause, refused: true });
  return new LiveKitUnavailableError(`LiveKit: ${message}`, { details, cause, refused: failure.kind === 'answered' });
}

/**
 * Milliseconds to seconds, for the SDK. It multiplies by 1000 again, and Node.js refuses a time-out that is not an integer, such
 * as 1.001 × 1000: such a limit grows by a millisecond.
 */
function toSeconds(limitMs: number): number {
  let ms = Math.max(1, Math.ceil(limitMs));
  while (!Number.isInteger((ms / 1000) * 1000)) ms += 1;
  return ms / 1000;
}
