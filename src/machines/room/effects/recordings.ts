import type { Recorder } from '../../ports/recorder.js';
import type { RoomEffectHandler } from './handler.js';

export interface RecordingsEffectPorts {
  recorder: Pick<Recorder, 'deleteAll'>;
}

export function createRecordingsEffect({ recorder }: RecordingsEffectPorts): Record<'deleteRecordings', RoomEffectHandler> {
  return {
    async deleteRecordings({ key, signal }) {
      await recorder.deleteAll(key, signal);
      return undefined;
    },
  };
}
