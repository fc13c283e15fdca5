import type { SimulatorClock } from './clock.js';
import type { EgressStore } from './egress-store.js';
import type { Rooms } from './rooms.js';
import type { ScriptBook } from './script-book.js';
import type { Upload } from './upload.js';
import type { Webhooks } from './webhooks.js';

/** What every egress shares. */
export interface EgressContext {
  clock: SimulatorClock;
  store: EgressStore;
  rooms: Rooms;
  scripts: ScriptBook;
  webhooks: Webhooks;
  upload: Upload;
}
