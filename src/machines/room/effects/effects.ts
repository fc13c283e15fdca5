import type { Clock } from '../../../clock.js';
import type { EffectHandler } from '../../kernel/definition.js';
import { noticeOf, type Notifications } from '../../ports/notifications.js';
import type { Recorder } from '../../ports/recorder.js';
import type { RoomGateway } from '../../ports/room-gateway.js';
import type { RoomEvent } from '../events.js';
import type { RoomEffectName } from '../machine/definition.js';
import type { RoomContext } from '../room.js';

export interface RoomEffectPorts {
  livekit: Pick<RoomGateway, 'deleteRoom'>;
  recorder: Pick<Recorder, 'deleteAll'>;
  notifications: Notifications;
  clock: Clock;
}

/** The handlers of the room machine's effects; each may run twice without harm. */
export function createRoomEffects({
  livekit,
  recorder,
  notifications,
  clock,
}: RoomEffectPorts): Record<RoomEffectName, EffectHandler<RoomContext, RoomEvent>> {
  return {
    /** Returns `meeting.finished` itself: LiveKit's webhook may get lost, and LiveKit sends none if its room is already gone. */
    async endMeeting({ key, document }) {
      await livekit.deleteRoom(key);
      return { type: 'meeting.finished', roomSid: document.meetingSid ?? '', at: clock.now(), source: 'effect' };
    },
    async deleteRecordings({ key, signal }) {
      await recorder.deleteAll(key, signal);
      return undefined;
    },
    async notify(run) {
      await notifications.append(noticeOf('room', run));
      return undefined;
    },
  };
}
