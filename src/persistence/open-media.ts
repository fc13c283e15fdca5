import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

/** Write and remove a file: a full disk, missing rights and a folder that is mounted read-only deny one or the other. */
async function pingFolder(dir: string, assertOurs: () => Promise<void>): Promise<void> {
  await assertOurs();
  const file = join(dir, '.tally-readiness');
  try {
    await writeFile(file, 'tally');
    await rm(file, { force: true });
  } catch (cause) {
    throw new MediaUnavailableError(`Cannot write to ${dir}`, { cause, refused: true });
  }
}
