import type { Clock } from '../../../clock.js';
import type { Log } from '../../../logging.js';
import type { Recorder } from '../../ports/recorder.js';
import type { Rooms } from '../events.js';
import type { RoomStore } from '../room-store.js';

/** The ports of the commands on rooms. */
export interface RoomCommandOptions {
  supervisor: Rooms;
  store: RoomStore;
  recorder: Pick<Recorder, 'hasRecordings'>;
  clock: Clock;
  log: Log;
}
