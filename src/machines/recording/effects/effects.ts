import { noticeOf } from '../../ports/notifications.js';
import type { RecordingEffectName } from '../machine/definition.js';
import type { RecordingEffectHandler, RecordingEffectPorts } from './handler.js';
import { fileEvent, fileInTime, removeFile } from './media.js';
import { confirmStart, findEgress, startEgress } from './start.js';
import { confirmDeath, stopEgress } from './stop.js';

/** The handlers of the recording machine's effects. All but `startEgress` may run twice without harm. */
export function createRecordingEffects(ports: RecordingEffectPorts): Record<RecordingEffectName, RecordingEffectHandler> {
  const { locks, notifications, lockTtlMs } = ports;
  return {
    startEgress: (run) => startEgress(ports, run),
    findEgress: (run) => findEgress(ports, run),
    confirmStart: (run) => confirmStart(ports, run),
    stopEgress: (run) => stopEgress(ports, run),
    confirmDeath: (run) => confirmDeath(ports, run),
    verifyMedia: (run) => fileInTime(ports, run),
    checkMedia: ({ document }) => fileEvent(ports, document),
    rescueMedia: (run) => fileInTime(ports, run),
    removeMedia: (run) => removeFile(ports, run),
    // The lock's value makes sure that no lock of another recording is extended.
    async extendRoomLock({ document, effect }) {
      await locks.extend(document.roomId, String(effect.params.value), lockTtlMs);
      return undefined;
    },
    async releaseRoomLock({ document, effect }) {
      await locks.release(document.roomId, String(effect.params.value));
      return undefined;
    },
    async notify(run) {
      await notifications.append(noticeOf('recording', run));
      return undefined;
    },
  };
}
