import { access, constants } from 'node:fs/promises';

import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import { MediaUnavailableError } from '../errors.js';
import type { Log } from '../logging.js';
import type { MediaStore } from '../machines/ports/media.js';
import type { Stores } from './database.js';
import { createFileMedia } from './files/file-media.js';
import { createFolderMark } from './files/folder-mark.js';

export interface Media {
  store: MediaStore;
  /** @throws MediaUnavailableError the folder or the bucket cannot be used */
  ping(): Promise<void>;
  close(): void;
}

export interface MediaOptions {
  clock: Clock;
  /** The stores that tell our media folder from another one. */
  stores: Pick<Stores, 'settings' | 'recordings'>;
  log: Log;
}

/** Open the configured media store, without contacting its server yet. */
export async function openMedia(media: Config['media'], { clock, stores, log }: MediaOptions): Promise<Media> {
  if (media.kind === 'embedded') {
    const assertOurs = createFolderMark({ ...stores, root: media.dir, accept: media.accept, log });
    return {
      store: createFileMedia(media.dir, media.egressDir, assertOurs),
      ping: () => pingFolder(media.dir, assertOurs),
      close: () => undefined,
    };
  }
  const { createS3Media } = await import('./s3/s3-media.js');
  const { kind: _real, ...options } = media;
  const bucket = createS3Media({ ...options, clock });
  return { store: bucket, ping: () => bucket.ping(), close: () => bucket.close() };
}

/** Removing a file needs the right to write, which a folder that is mounted read-only denies. */
async function pingFolder(dir: string, assertOurs: () => Promise<void>): Promise<void> {
  await assertOurs();
  await access(dir, constants.R_OK | constants.W_OK | constants.X_OK).catch((cause: unknown) => {
    throw new MediaUnavailableError(`Cannot write to ${dir}`, { cause });
  });
}
