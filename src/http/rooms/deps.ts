import type { Clock } from '../../clock.js';
import type { Logger } from '../../logging.js';
import type { RoomCommands } from '../../machines/room/commands/commands.js';
import type { RoomStore } from '../../machines/room/room-store.js';

export interface RoomsDeps {
  rooms: RoomCommands;
  roomStore: Pick<RoomStore, 'list'>;
  clock: Pick<Clock, 'now'>;
  /** How far in the future a room's automatic deletion must be, milliseconds. */
  minAutoDeletionLeadMs: number;
  log: Logger;
}
