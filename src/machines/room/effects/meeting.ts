import type { Clock } from '../../../clock.js';
import type { RoomGateway } from '../../ports/room-gateway.js';
import type { RoomEffectHandler } from './handler.js';

export interface MeetingPorts {
  livekit: Pick<RoomGateway, 'deleteRoom'>;
  clock: Clock;
}

/** Its result ends the meeting: LiveKit's webhook may get lost, and LiveKit sends none when its room is gone already. */
export function endMeeting({ livekit, clock }: MeetingPorts): RoomEffectHandler {
  return async ({ key, document }) => {
    await livekit.deleteRoom(key);
    return { type: 'meeting.finished', roomSid: document.meetingSid ?? '', at: clock.now(), source: 'effect' };
  };
}
