import { randomBytes } from 'node:crypto';

import type { Clock } from '../../clock.js';
import { levelOfRetried, toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import { egressAdopted, strayStopped } from '../../observability/events.js';
import { type EgressObservation, isTerminal } from '../ports/egress-gateway.js';
import type { LiveKitGateway } from '../ports/livekit-gateway.js';
import type { Recordings } from '../recording/events.js';
import { newRecording } from '../recording/machine/new-recording.js';
import { uidOfPath } from '../recording/media-key.js';
import type { RecordingDocument } from '../recording/recording.js';
import { type Claim, claimOn, type ClaimOptions } from './claims.js';
import type { Listed } from './look.js';
import { createTwiceSeen } from './twice-seen.js';

export interface StrayOptions extends ClaimOptions {
  supervisor: Pick<Recordings, 'create'>;
  livekit: Pick<LiveKitGateway, 'stopEgress' | 'findEgress' | 'listRooms'>;
  clock: Clock;
  log: Log;
  /** A stray egress is stopped or adopted when it is seen again after this time, milliseconds. */
  recheckMs: number;
}

export type StrayKeeper = ReturnType<typeof createStrayKeeper>;

/** Handles running egresses that no unsettled recording owns: stops or adopts those that are ours, ignores the foreign ones. */
export function createStrayKeeper(options: StrayOptions) {
  const { supervisor, rooms, livekit, clock, log, recheckMs } = options;
  const strays = createTwiceSeen(clock);

  async function attend(egress: EgressObservation, metadata: string): Promise<Claim> {
    const claim = await claimOn(options, egress, metadata);
    const isOurs = claim === 'stray' || claim === 'unknown';
    if (!isOurs) strays.forget(egress.egressId);
    else if (strays.see(egress.egressId, claim, recheckMs)) await (claim === 'unknown' ? adopt(egress) : stop(egress));
    return claim;
  }

  async function stop({ egressId, roomName, requestedPath }: EgressObservation): Promise<void> {
    const fields = { egressId, room: roomName, recording: uidOfPath(requestedPath) };
    try {
      const { kind } = await livekit.stopEgress(egressId);
      strayStopped(log, { ...fields, outcome: kind });
    } catch (error) {
      log[levelOfRetried(error)]({ ...fields, err: toError(error) }, 'stray egress not stopped yet');
    }
  }

  /** Creates a recording for an egress of ours that has lost its own; stops the egress if its room has another live recording. */
  async function adopt(egress: EgressObservation): Promise<void> {
    const { egressId, roomName: roomId } = egress;
    const uid = uidOfPath(egress.requestedPath) ?? '';
    const room = await rooms.load(roomId);
    if (room === undefined) return;
    const at = clock.now();
    const secret = () => randomBytes(16).toString('hex');
    const recording = newRecording({ uid, roomId, roomName: room.roomName, at, secret });
    const from = { at, source: 'reconcile' };
    const result = await supervisor.create(uid, recording, from.source, [{ type: 'egress.observed', egress, ...from }]);
    if (result.created) egressAdopted(log, { egressId, room: roomId, recording: uid });
    // The holder is the same uid when another instance has adopted the egress first.
    else if (result.holder !== uid) await stop(egress);
  }

  return {
    /** Compare the running egresses with our recordings. @returns the number of foreign egresses */
    async see(unsettled: RecordingDocument[], { active, rooms: listedRooms }: Listed): Promise<number> {
      const owned = new Set(unsettled.map(({ egressId }) => egressId));
      const metadata = new Map(listedRooms.map((room) => [room.name, room.metadata]));
      const others = active.filter(({ egressId }) => !owned.has(egressId));
      strays.keep(new Set(others.map(({ egressId }) => egressId)));
      const claims = await Promise.all(others.map((egress) => attend(egress, metadata.get(egress.roomName) ?? '')));
      return claims.filter((claim) => claim === 'foreign').length;
    },

    /** Look again at the stray egresses that were seen once. */
    async recheck(): Promise<void> {
      for (const egressId of strays.keys()) {
        const egress = await livekit.findEgress(egressId);
        if (egress === undefined || isTerminal(egress.status)) {
          strays.forget(egressId);
          continue;
        }
        const [room] = await livekit.listRooms([egress.roomName]);
        await attend(egress, room?.metadata ?? '');
      }
    },
  };
}
