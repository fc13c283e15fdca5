import type { Notifications } from '../../ports/notifications.js';
import type { Recorder } from '../../ports/recorder.js';
import type { RoomEffectName } from '../machine/definition.js';
import type { RoomEffectHandler } from './handler.js';
import { endMeeting, type MeetingPorts } from './meeting.js';
import { notify } from './notify.js';
import { deleteRecordings } from './recordings.js';

export interface RoomEffectPorts extends MeetingPorts {
  recorder: Pick<Recorder, 'deleteAll'>;
  notifications: Notifications;
}

/** The I/O that the room machine names; each may run twice harmlessly. */
export function createRoomEffects(ports: RoomEffectPorts): Record<RoomEffectName, RoomEffectHandler> {
  return {
    endMeeting: endMeeting(ports),
    deleteRecordings: deleteRecordings(ports.recorder),
    notify: notify(ports.notifications),
  };
}
