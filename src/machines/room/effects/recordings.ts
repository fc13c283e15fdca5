import type { Recorder } from '../../ports/recorder.js';
import type { RoomEffectHandler } from './handler.js';

export function deleteRecordings(recorder: Pick<Recorder, 'deleteAll'>): RoomEffectHandler {
  return async ({ key, signal }) => {
    await recorder.deleteAll(key, signal);
    return undefined;
  };
}
