import type { Clock } from '../../../clock.js';
import type { RoomGateway } from '../../ports/room-gateway.js';
import type { RoomEffectHandler } from './handler.js';

export interface MeetingEffectPorts {
  livekit: Pick<RoomGateway, 'deleteRoom'>;
  clock: Clock;
}

export function createMeetingEffect({ livekit, clock }: MeetingEffectPorts): Record<'endMeeting', RoomEffectHandler> {
  return {
    /** Its result ends the meeting here: LiveKit's webhook may get lost, and LiveKit sends none when its room is gone already. */
    async endMeeting({ key, document }) {
      await livekit.deleteRoom(key);
      return { type: 'meeting.finished', roomSid: document.meetingSid ?? '', at: clock.now(), source: 'effect' };
    },
  };
}
