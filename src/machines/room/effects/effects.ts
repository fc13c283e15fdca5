import type { Clock } from '../../../clock.js';
import type { EffectHandler } from '../../kernel/definition.js';
import type { Notifications } from '../../ports/notifications.js';
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

/** The I/O that the room machine names; each may run twice harmlessly. */
export function createRoomEffects(ports: RoomEffectPorts): Record<RoomEffectName, EffectHandler<RoomContext, RoomEvent>> {
  const { livekit, recorder, notifications, clock } = ports;
  return {
    /** LiveKit's own webhook may get lost, and none comes when its room was gone already. */
    async endMeeting({ key, document }) {
      await livekit.deleteRoom(key);
      return { type: 'meeting.finished', roomSid: document.meetingSid ?? '', at: clock.now(), source: 'effect' };
    },
    async deleteRecordings({ key, signal }) {
      await recorder.deleteAll(key, signal);
      return undefined;
    },
    async notify({ key, document, effect }) {
      const { notice, status } = effect.params;
      await notifications.append({
        kind: 'room',
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
