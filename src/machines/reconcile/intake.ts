import type { Clock } from '../../clock.js';
import type { Log } from '../../logging.js';
import type { RoomContext } from '../room/room.js';
import type { Rooms } from '../room/events.js';
import type { EgressObservation } from '../ports/egress-gateway.js';
import type { Recordings } from '../recording/events.js';
import { uidOfPath } from '../recording/media-key.js';
import type { LiveKitRoom } from '../ports/room-gateway.js';
import type { RecordingStore } from '../recording/recording-store.js';

/** A decoded LiveKit webhook. Events that Tally does not use are `ignored`. */
export type LiveKitEvent =
  | { kind: 'egress'; name: string; egress: EgressObservation }
  | { kind: 'room_started'; room: LiveKitRoom }
  | { kind: 'room_finished'; room: LiveKitRoom }
  | { kind: 'ignored'; name: string };

export interface LiveKitIntakeOptions {
  recordings: Pick<Recordings, 'send'>;
  rooms: Pick<Rooms, 'send'>;
  store: Pick<RecordingStore, 'findLive'>;
  clock: Clock;
  log: Log;
}

/**
 * Handles one decoded LiveKit webhook. Resolves after the commit, so that a 200 means that the event is stored. May be repeated.
 *
 * @throws StoreUnavailableError the webhook is answered with 503, and LiveKit repeats it
 */
export function createLiveKitIntake(options: LiveKitIntakeOptions): (event: LiveKitEvent) => Promise<void> {
  const { recordings, rooms, store, clock, log } = options;
  const now = () => ({ at: clock.now(), source: 'webhook' });

  async function observeEgress(egress: EgressObservation): Promise<void> {
    const uid = uidOfPath(egress.requestedPath);
    const sent = uid === undefined ? undefined : await recordings.send(uid, { type: 'egress.observed', egress, ...now() });
    // The egress is not ours, or its recording is lost: the reconciler finds out which.
    if (sent === undefined) log.debug({ egressId: egress.egressId, room: egress.roomName }, 'egress without a recording');
  }

  /** Ignores a `room_started` that comes after the end of its meeting, because it is late or repeated. */
  async function roomStarted({ name, sid }: LiveKitRoom): Promise<void> {
    const isNews = ({ finishedMeetingSid }: RoomContext) => finishedMeetingSid !== sid;
    await rooms.send(name, { type: 'meeting.started', roomSid: sid, ...now() }, isNews);
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
