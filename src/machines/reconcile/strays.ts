import { randomBytes } from 'node:crypto';

import type { Clock } from '../../clock.js';
import { toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import type { Supervisor } from '../kernel/supervisor.js';
import type { RoomStore } from '../room/room-store.js';
import { type EgressObservation, isTerminal } from '../ports/egress-gateway.js';
import type { RecordingEvent } from '../recording/events.js';
import { newRecording } from '../recording/machine/new-recording.js';
import { mediaKeyOf, uidOfPath } from '../recording/media-key.js';
import type { LiveKitGateway } from '../ports/livekit-gateway.js';
import type { LiveKitRoom } from '../ports/room-gateway.js';
import type { MediaStore } from '../ports/media.js';
import type { RecordingStore } from '../recording/recording-store.js';
import { isDeleted, isSettled, type RecordingContext, type RecordingDocument } from '../recording/recording.js';

export interface StrayOptions {
  supervisor: Supervisor<RecordingContext, RecordingEvent>;
  store: RecordingStore;
  rooms: RoomStore;
  livekit: LiveKitGateway;
  media: MediaStore;
  /** The `createdBy` mark in the metadata of LiveKit rooms that are ours. */
  nameId: string;
  clock: Clock;
  log: Log;
  /** A stray is acted on when it is seen again after this time, milliseconds. */
  recheckMs: number;
}

/** Running egresses that no unsettled recording owns: ours are stopped or adopted, foreign ones are left alone. */
export interface StrayKeeper {
  /** The uid in the egress's path, if it has one. */
  uidOf(egress: EgressObservation): string | undefined;
  /** Compare the running egresses with our recordings. @returns how many are not ours */
  see(active: EgressObservation[], unsettled: RecordingDocument[], rooms: LiveKitRoom[]): Promise<number>;
  /** Look again at the strays that were seen once. */
  recheck(): Promise<void>;
}

type Claim = 'foreign' | 'owned' | 'stray' | 'unknown';

export function createStrayKeeper(options: StrayOptions): StrayKeeper {
  const { store, rooms, livekit, clock, log } = options;
  /** When a stray was first seen, monotonic milliseconds by egress id. */
  const seen = new Map<string, number>();

  const uidOf = (egress: EgressObservation) => uidOfPath(egress.requestedPath);

  /** Ours is what carries a uid we have a record of, or exactly the path we would give it in a room of ours. */
  async function claimOn(egress: EgressObservation, metadata: string): Promise<Claim> {
    const uid = uidOf(egress);
    if (uid === undefined) return 'foreign';
    const recording = await store.load(uid);
    if (recording !== undefined) {
      if (recording.roomId !== egress.roomName) return 'foreign';
      const owns = recording.egressId === undefined || recording.egressId === egress.egressId;
      return owns && !isSettled(recording) && !isDeleted(recording) ? 'owned' : 'stray';
    }
    const path = options.media.egressPath(mediaKeyOf({ roomId: egress.roomName, uid }));
    if (egress.requestedPath !== path || !isOursByMetadata(metadata)) return 'foreign';
    return (await rooms.load(egress.roomName)) === undefined ? 'foreign' : 'unknown';
  }

  function isOursByMetadata(metadata: string): boolean {
    if (metadata === '') return true;
    try {
      return (JSON.parse(metadata) as { createdBy?: unknown } | null)?.createdBy === options.nameId;
    } catch {
      return false; // metadata that is not JSON is somebody else's
    }
  }

  async function attend(egress: EgressObservation, metadata: string): Promise<Claim> {
    const claim = await claimOn(egress, metadata);
    if (claim === 'foreign' || claim === 'owned') {
      seen.delete(egress.egressId);
      return claim;
    }
    const first = seen.get(egress.egressId);
    if (first === undefined) {
      seen.set(egress.egressId, clock.monotonic());
    } else if (clock.monotonic() - first >= options.recheckMs) {
      await (claim === 'unknown' ? adopt(egress) : stop(egress));
    }
    return claim;
  }

  async function stop(egress: EgressObservation): Promise<void> {
    const fields = { egressId: egress.egressId, room: egress.roomName, recording: uidOf(egress) };
    try {
      const outcome = await livekit.stopEgress(egress.egressId);
      log.warn({ ...fields, outcome: outcome.kind }, 'stray egress stopped');
    } catch (error) {
      log.warn({ ...fields, err: toError(error) }, 'stray egress not stopped yet');
    }
  }

  /** Somebody lost the record of this egress: it gets one, when the room has no other. */
  async function adopt(egress: EgressObservation): Promise<void> {
    const uid = uidOf(egress) ?? '';
    const room = await rooms.load(egress.roomName);
    if (room === undefined) return;
    const now = clock.now();
    const recording = newRecording({
      uid,
      roomId: egress.roomName,
      roomName: room.roomName,
      at: now,
      secret: () => randomBytes(16).toString('hex'),
    });
    const event: RecordingEvent = { type: 'egress.observed', egress, at: now, source: 'reconcile' };
    const result = await options.supervisor.create(uid, recording, 'reconcile', [event]);
    if (result.created) log.warn({ recording: uid, egressId: egress.egressId }, 'egress adopted');
    // A conflict with its own key: another instance has adopted it.
    else if (result.holder !== uid) await stop(egress);
  }

  return {
    uidOf,
    async see(active, unsettled, livekitRooms) {
      const owned = new Set(unsettled.map((recording) => recording.egressId));
      const metadata = new Map(livekitRooms.map((room) => [room.name, room.metadata]));
      const others = active.filter((egress) => !owned.has(egress.egressId));
      const running = new Set(others.map((egress) => egress.egressId));
      for (const egressId of seen.keys()) if (!running.has(egressId)) seen.delete(egressId);
      const claims = await Promise.all(others.map((egress) => attend(egress, metadata.get(egress.roomName) ?? '')));
      return claims.filter((claim) => claim === 'foreign').length;
    },
    async recheck() {
      for (const egressId of [...seen.keys()]) {
        const egress = await livekit.findEgress(egressId);
        if (egress === undefined || isTerminal(egress.status)) {
          seen.delete(egressId);
          continue;
        }
        const [room] = await livekit.listRooms([egress.roomName]);
        await attend(egress, room?.metadata ?? '');
      }
    },
  };
}
