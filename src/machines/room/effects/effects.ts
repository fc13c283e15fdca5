import type { RoomEffectName } from '../machine/definition.js';
import type { RoomEffectHandler } from './handler.js';
import { createMeetingEffect, type MeetingEffectPorts } from './meeting.js';
import { createNotifyEffect, type NotifyPorts } from './notify.js';
import { createRecordingsEffect, type RecordingsEffectPorts } from './recordings.js';

export type RoomEffectPorts = MeetingEffectPorts & RecordingsEffectPorts & NotifyPorts;

/** The I/O that the room machine names; each may run twice harmlessly. */
export function createRoomEffects(ports: RoomEffectPorts): Record<RoomEffectName, RoomEffectHandler> {
  return { ...createMeetingEffect(ports), ...createRecordingsEffect(ports), ...createNotifyEffect(ports) };
}
