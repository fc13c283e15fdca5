import type { Clock } from '../clock.js';
import type { Config } from '../config/config.js';
import type { MediaStore } from '../machines/ports/media.js';
import { createFileMedia } from './files/file-media.js';

export interface Media {
  store: MediaStore;
  /** @throws MediaUnavailableError the folder or the bucket cannot be used */
  ping(): Promise<void>;
  close(): void;
}

/** Open the configured media store, without contacting its server yet. */
export async function openMedia(media: Config['media'], clock: Clock): Promise<Media> {
  if (media.kind === 'embedded') {
    const files = createFileMedia(media.dir, media.egressDir);
    return { store: files, ping: () => files.ping(), close: () => undefined };
  }
  const { createS3Media } = await import('./s3/s3-media.js');
  const { kind: _real, ...options } = media;
  const bucket = createS3Media({ ...options, clock });
  return { store: bucket, ping: () => bucket.ping(), close: () => bucket.close() };
}
