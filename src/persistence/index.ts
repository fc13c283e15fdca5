import type { ApiKeyStore } from '../accounts/ports.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { MediaStore, RecordingStore, RoomLocks } from '../machines/recording/ports.js';
import type { RoomStore } from '../machines/room/ports.js';
import { createFileMedia } from './files/file-media.js';
import { openLmdb } from './lmdb/open-lmdb.js';

export interface Persistence {
  recordings: RecordingStore;
  rooms: RoomStore;
  apiKeys: ApiKeyStore;
  roomLocks: RoomLocks;
  media: MediaStore;
  /** No other process can have these stores open: what an earlier one left may be taken over at once. */
  exclusive: boolean;
  /** Object key of a recording's file. */
  mediaKeyOf(roomId: string, uid: string): string;
  close(): Promise<void>;
}

/** Opens the adapters that the configuration picks. @throws DataFolderInUseError another process has the data folder */
export async function openPersistence(config: Pick<Config, 'dataDir' | 'media'>, clock: Clock): Promise<Persistence> {
  const lmdb = await openLmdb({ dataDir: config.dataDir, clock });
  return {
    recordings: lmdb.recordings,
    rooms: lmdb.rooms,
    apiKeys: lmdb.apiKeys,
    roomLocks: lmdb.roomLocks,
    media: createFileMedia({ mediaDir: config.media.dir, egressMediaDir: config.media.egressDir }),
    exclusive: true,
    mediaKeyOf: (roomId, uid) => `recordings/${roomId}/${roomId}--${uid}.mp4`,
    close: () => lmdb.close(),
  };
}
