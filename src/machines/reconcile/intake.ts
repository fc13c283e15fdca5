import type { Clock } from '../../clock.js';
import { toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import type { Supervisor } from '../kernel/supervisor.js';
import type { RoomContext } from '../room/room.js';
import type { RoomEvent } from '../room/events.js';
import { type EgressObservation, isTerminal } from '../ports/egress-gateway.js';
import type { RecordingEvent } from '../recording/events.js';
import { inspectFile } from '../recording/effects/media-file.js';
import type { LiveKitEvent } from './livekit-events.js';
import { mediaKeyOf, uidOfPath } from '../recording/media-key.js';
import type { LiveKitRoom } from '../ports/room-gateway.js';
import type { MediaStore } from '../ports/media.js';
import type { RecordingStore } from '../recording/recording-store.js';
import { isDeleted, type RecordingContext } from '../recording/recording.js';

export interface LiveKitIntakeOptions {
  recordings: Pick<Supervisor<RecordingContext, RecordingEvent>, 'send' | 'sendAll'>;
  rooms: Pick<Supervisor<RoomContext, RoomEvent>, 'send'>;
  store: RecordingStore;
  media: MediaStore;
  clock: Clock;
  log: Log;
}

/** How long a webhook waits to hear of the file that it tells of, milliseconds. */
const FILE_LIMIT_MS = 250;

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
    const sent = uid === undefined ? undefined : await recordings.sendAll(uid, await newsOf(uid, egress));
    if (uid === undefined || sent === undefined) {
      // Not ours, or its record is lost: the reconciler tells which.
      log.debug({ egressId: egress.egressId, room: egress.roomName }, 'egress without a recording');
      return;
    }
    const isLate = isDeleted(sent.after) && isTerminal(egress.status);
    if (isLate && sent.after.roomId === egress.roomName) await media.remove(mediaKeyOf({ roomId: egress.roomName, uid }));
  }

  /** An egress that has delivered its file, and the file, are one save where the media store answers at once. */
  async function newsOf(uid: string, egress: EgressObservation): Promise<RecordingEvent[]> {
    const size = hasDelivered(egress)
      ? await fileSize(mediaKeyOf({ roomId: egress.roomName, uid }), egress.file?.size)
      : undefined;
    const observed: RecordingEvent = { type: 'egress.observed', egress, ...now() };
    return size === undefined ? [observed] : [observed, { type: 'media.found', size, egressId: egress.egressId, ...now() }];
  }

  /** @returns undefined when there is no complete file, or none that is found at once: the recording itself goes on looking */
  async function fileSize(mediaKey: string, expectedSize: number | undefined): Promise<number | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.after(FILE_LIMIT_MS, () => {
        resolve(undefined);
      });
    });
    const found = inspectFile(media, mediaKey, expectedSize)
      .then((verdict) => (verdict.complete ? verdict.size : undefined))
      .catch((error: unknown) => {
        log.debug({ mediaKey, err: toError(error) }, 'file not looked at');
        return undefined;
      });
    try {
      return await Promise.race([found, late]);
    } finally {
      cancel();
    }
  }

  /** What is over begins no more: this is a repeat, or late. Only a look at LiveKit may say otherwise. */
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

/** With a size: without one the file would have to be read. */
function hasDelivered({ status, file }: EgressObservation): boolean {
  return isTerminal(status) && file?.location !== undefined && file.size !== undefined;
}
