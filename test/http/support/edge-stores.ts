import { afterAll, inject } from 'vitest';

import type { ApiKeyStore } from '../../../src/accounts/ports.js';
import type { RecordingStore } from '../../../src/machines/recording/recording-store.js';
import type { RoomStore } from '../../../src/machines/room/room-store.js';
import type { MediaFolder } from '../../support/stores/media-folder.js';
import { createMemoryApiKeys } from '../../support/memory/memory-api-keys.js';
import { createMemoryMedia } from '../../support/memory/memory-media.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomStore } from '../../support/memory/memory-room-store.js';
import type { SharedServers } from '../../support/stores/stores.js';

/** The stores behind the HTTP edge. */
export interface EdgeStores extends MediaFolder {
  recordings: RecordingStore;
  rooms: RoomStore;
  apiKeys: ApiKeyStore;
}

export interface RealEdgeStores extends EdgeStores {
  /** Delete everything in the stores. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

const servers = inject('servers');
let real: Promise<RealEdgeStores> | undefined;

afterAll(async () => (await real)?.close());

/**
 * Empty stores: in memory, or on the servers of this run when there are any. On servers a test file has one set of stores, which
 * each call empties.
 */
export async function emptyStores(): Promise<EdgeStores> {
  if (servers === undefined) return memoryStores();
  const stores = await (real ??= openReal(servers));
  await stores.empty();
  return stores;
}

function memoryStores(): EdgeStores {
  const media = createMemoryMedia();
  return {
    recordings: createMemoryRecordingStore(),
    rooms: createMemoryRoomStore(),
    apiKeys: createMemoryApiKeys(),
    media,
    write: async (key, bytes) => media.write(key, bytes),
  };
}

async function openReal(shared: SharedServers): Promise<RealEdgeStores> {
  const { openRealEdgeStores } = await import('./real-edge-stores.js');
  return openRealEdgeStores(shared);
}
