import type { RecordingEffectName } from '../machine/definition.js';
import type { RecordingEffectHandler } from './handler.js';
import { createLockEffects, type LockEffectPorts } from './lock.js';
import { createMediaEffects, type MediaEffectPorts } from './media.js';
import { createNotifyEffect, type NotifyPorts } from './notify.js';
import { createStartEffects, type StartEffectPorts } from './start.js';
import { createStopEffects, type StopEffectPorts } from './stop.js';

export type RecordingEffectPorts = StartEffectPorts & StopEffectPorts & MediaEffectPorts & LockEffectPorts & NotifyPorts;

/** The I/O that the recording machine names. Every one but `startEgress` may run twice harmlessly. */
export function createRecordingEffects(ports: RecordingEffectPorts): Record<RecordingEffectName, RecordingEffectHandler> {
  return {
    ...createStartEffects(ports),
    ...createStopEffects(ports),
    ...createMediaEffects(ports),
    ...createLockEffects(ports),
    ...createNotifyEffect(ports),
  };
}
