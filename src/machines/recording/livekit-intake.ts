import type { Clock } from '../../clock.js';
import type { KernelLog } from '../kernel/kernel-log.js';
import type { Supervisor } from '../kernel/supervisor.js';
import type { RoomContext } from '../room/room.js';
import type { RoomEvent } from '../room/room.machine.js';
import { type EgressObservation, isTerminal, type RecordingEvent } from './events.js';
import type { LiveKitEvent } from './livekit-events.js';
import { uidOfPath } from './observation.js';
import type { LiveKitRoom, MediaStore, RecordingStore } from './ports.js';
import { isDeleted, type RecordingContext } from './recording.js';

export interface LiveKitIntakeOptions {
  recordings: Supervisor<RecordingContext, RecordingEvent>;
  rooms: Supervisor<RoomContext, RoomEvent>;
  store: RecordingStore;
  media: MediaStore;
  mediaKeyOf: (roomId: string, uid: string) => string;
  clock: Clock;
  log: KernelLog;
}

/**
 * Takes in one decoded LiveKit webhook: resolves after the commit, so that a 200 means it is kept. Repeats are harmless.
 *
 * @throws StoreUnavailableError answered 503, and LiveKit repeats
 */
export function createLiveKitIntake(options: LiveKitIntakeOptions): (event: LiveKitEvent) => Promise<void> {
  const { recordings, rooms, store, media, clock, log } = options;
  const now = () => ({ at: clock.now(), source: 'webhook' });

  async function observeEgress(egress: EgressObservation): Promise<void> {
    const uid = uidOfPath(egress.requestedPath);
    const sent = uid === undefined ? undefined : await recordings.send(uid, { type: 'egress.observed', egress, ...now() });
    if (uid === undefined || sent === undefined) {
      // Not ours, or its record is lost: the reconciler tells which.
      log.debug({ egressId: egress.egressId, room: egress.roomName }, 'egress without a recording');
      return;
    }
    if (isDeleted(sent.after) && isTerminal(egress.status)) await media.remove(options.mediaKeyOf(egress.roomName, uid));
  }

  async function roomStarted(room: LiveKitRoom): Promise<void> {
    await rooms.send(room.name, { type: 'meeting.started', roomSid: room.sid, ...now() });
  }

  async function roomFinished(room: LiveKitRoom): Promise<void> {
    const live = await store.findLive(room.name);
    if (live !== undefined) await recordings.send(live.uid, { type: 'room.finished', roomSid: room.sid, ...now() });
    await rooms.send(room.name, { type: 'meeting.finished', roomSid: room.sid, ...now() });
  }

  return async (event) => {
    switch (event.kind) {
      case 'egress':
        return observeEgress(event.egress);
      case 'room_started':
        return roomStarted(event.room);
      case 'room_finished':
        return roomFinished(event.room);
      case 'ignored':
        log.debug({ event: event.name }, 'webhook ignored');
    }
  };
}
