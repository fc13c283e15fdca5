import type { Clock } from '../../../clock.js';
import type { Log } from '../../../logging.js';
import type { RoomGateway } from '../../ports/room-gateway.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import type { RoomDirectory } from '../../ports/rooms.js';
import type { Recordings } from '../events.js';
import type { RecordingStore } from '../recording-store.js';

/** What clients' commands act through, and how long a start may take. */
export interface RecordingCommandOptions {
  supervisor: Recordings;
  store: RecordingStore;
  rooms: RoomDirectory;
  locks: Pick<RoomLocks, 'acquire' | 'replace' | 'release'>;
  livekit: Pick<RoomGateway, 'listParticipants'>;
  clock: Clock;
  log: Log;
  /** Names this process: it alone may call StartEgress for this start. */
  instance: string;
  /** From the start until the recording must record, milliseconds. */
  startTimeoutMs: number;
  /** How long LiveKit is asked once more after that, milliseconds. */
  confirmMs: number;
}
