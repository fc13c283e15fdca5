import type { Clock } from '../../../clock.js';
import type { Log } from '../../../logging.js';
import type { RoomGateway } from '../../ports/room-gateway.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import type { RoomDirectory } from '../../ports/rooms.js';
import type { Recordings } from '../events.js';
import type { RecordingStore } from '../recording-store.js';

/** The ports of the commands on recordings, and the time limit of a start. */
export interface RecordingCommandOptions {
  supervisor: Recordings;
  store: RecordingStore;
  rooms: RoomDirectory;
  locks: Pick<RoomLocks, 'acquire' | 'replace' | 'release'>;
  livekit: Pick<RoomGateway, 'listParticipants'>;
  clock: Clock;
  log: Log;
  /** Id of this process, which alone may call StartEgress for the starts of its clients. */
  instance: string;
  /** Time from the start request until the egress must record, milliseconds. */
  startTimeoutMs: number;
  /** Time limit of the last query to LiveKit after that, milliseconds. */
  confirmMs: number;
  /** Aborted, with a StoppingError, when starts must be answered at once because the process ends. */
  leaving: AbortSignal;
}
