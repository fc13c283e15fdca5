import path from 'node:path';
import type { Egress } from '../egress/egress.js';
import type { Failure, Uploaded, UploadVariant } from '../egress/outcome.js';
import type { Destinations } from '../media/destinations.js';
import { createMp4 } from '../media/mp4.js';
import type { Storage } from '../media/storage.js';

/** Stores the file of an ended egress in the storage of its request, else in the worker's own storage. */
export type Upload = (egress: Egress, variant?: UploadVariant) => Promise<Uploaded | Failure>;

const NOTHING: Uploaded = { sizeBytes: 0, location: '', manifestLocation: '' };
/** A `short` file is this many bytes smaller than its egress reports. */
const MISSING_BYTES = 1000;
/** Size of a file that a full disk cut off. */
const TRUNCATED_BYTES = 64;
const [MP4, JSON_TYPE] = ['video/mp4', 'application/json'];

/** @param bytesPerSecond recordings are padded to this size */
export function createUpload(destinations: Destinations, bytesPerSecond: number): Upload {
  return async (egress, variant) => {
    const { job, truth } = egress;
    if (!job.file || truth.liveFrom === undefined || truth.liveTo === undefined) return NOTHING;
    const filename = variant === 'backup' ? path.posix.join('backup', truth.filepath) : truth.filepath;
    const storage = await destinations.of(job.file.storage);
    try {
      if (variant === 'truncated') await truncate(storage, filename);
      const durationMs = truth.liveTo - truth.liveFrom;
      const leastBytes = Math.round((durationMs / 1_000) * bytesPerSecond);
      const stored = await store(storage, filename, () => createMp4(durationMs, leastBytes), variant);
      const manifestLocation = job.file.disableManifest ? '' : await storeManifest(storage, filename, egress, stored.location);
      return { ...stored, manifestLocation };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { error: `${storage.name} upload failed: ${reason}`, errorCode: 400 };
    }
  };
}

/** @returns size and location as the egress reports them */
async function store(storage: Storage, filename: string, makeFile: () => Promise<Uint8Array>, variant?: UploadVariant) {
  if (variant === 'missing') return { sizeBytes: MISSING_BYTES, location: storage.locate(filename) };
  const content = variant === 'empty' ? new Uint8Array() : await makeFile();
  const location = await storage.put(filename, content, MP4);
  return { sizeBytes: content.length + (variant === 'short' ? MISSING_BYTES : 0), location };
}

/** Only a folder keeps a part of a file. A bucket stores nothing. */
async function truncate(storage: Storage, filename: string): Promise<never> {
  if (storage.name === 'Local') await storage.put(filename, new Uint8Array(TRUNCATED_BYTES), MP4);
  throw new Error(`write ${storage.locate(filename)}: no space left on device`);
}

/** Store `<egressId>.json` beside the recording. @returns its location */
function storeManifest(storage: Storage, beside: string, { info, truth }: Egress, location: string): Promise<string> {
  const manifest = {
    egress_id: truth.egressId,
    room_id: info.roomId,
    room_name: info.roomName,
    started_at: (truth.liveFrom ?? 0) * 1_000_000,
    ended_at: (truth.liveTo ?? 0) * 1_000_000,
    files: [{ filename: truth.filepath, location }],
  };
  const filename = path.posix.join(path.posix.dirname(beside), `${truth.egressId}.json`);
  return storage.put(filename, Buffer.from(JSON.stringify(manifest)), JSON_TYPE);
}
