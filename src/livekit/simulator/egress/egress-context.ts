import type { SimulatorClock } from '../clock.js';
import type { EgressStore } from './egress-store.js';
import type { Rooms } from '../rooms/rooms.js';
import type { ScriptBook } from '../scripts/script-book.js';
import type { Upload } from './upload.js';
import type { Webhooks } from '../webhooks/webhooks.js';

/** What every egress shares. */
export interface EgressContext {
  clock: SimulatorClock;
  store: EgressStore;
  rooms: Rooms;
  scripts: ScriptBook;
  webhooks: Webhooks;
  upload: Upload;
}
