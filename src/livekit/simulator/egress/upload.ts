import path from 'node:path';
import type { EgressRun } from './egress-run.js';
import type { Failure } from './outcome.js';
import { locate } from '../media/filepath.js';
import { writeManifest, writeRecording, writeWhole } from '../media/media-file.js';

export interface Uploaded {
  sizeBytes: number;
  /** Absolute path; empty without a file output. */
  location: string;
  manifestLocation: string;
}

/**
 * What goes wrong with an upload although the egress may say COMPLETE: no bytes, no file, fewer bytes than reported,
 * a full disk, or the primary storage failed and the backup holds the file.
 */
export type UploadVariant = 'empty' | 'missing' | 'short' | 'truncated' | 'backup';

/** Copy a finished recording to where its request wants it. */
export type Upload = (run: EgressRun, variant?: UploadVariant) => Promise<Uploaded | Failure>;

const NOTHING: Uploaded = { sizeBytes: 0, location: '', manifestLocation: '' };
/** By this much a `short` file is smaller than its egress says. */
const MISSING_BYTES = 1000;

/** Uploads to a folder on this machine; nothing is ever written outside it. */
export function createUpload(mediaDir: string): Upload {
  return async (run, variant) => {
    const { job, truth } = run.egress;
    if (!job.file || truth.liveFrom === undefined || truth.liveTo === undefined) return NOTHING;
    const location = locate(variant === 'backup' ? path.join('backup', truth.filepath) : truth.filepath, mediaDir);
    if (location === undefined) return localFailure(`mkdir ${path.dirname(truth.filepath)}: permission denied`);
    try {
      if (variant === 'truncated') {
        await writeWhole(location, truth.egressId, Buffer.alloc(64));
        return localFailure(`write ${location}: no space left on device`);
      }
      const sizeBytes = await write(location, truth.egressId, truth.liveTo - truth.liveFrom, variant);
      return {
        sizeBytes,
        location,
        manifestLocation: job.file.disableManifest ? '' : await writeManifest(location, manifestOf(run, location)),
      };
    } catch (error) {
      return localFailure(error instanceof Error ? error.message : String(error));
    }
  };
}

/** @returns the size the egress reports */
async function write(
  location: string,
  egressId: string,
  durationMs: number,
  variant: UploadVariant | undefined,
): Promise<number> {
  if (variant === 'missing') return MISSING_BYTES;
  if (variant === 'empty') return writeWhole(location, egressId, '');
  const sizeBytes = await writeRecording(location, egressId, durationMs);
  return variant === 'short' ? sizeBytes + MISSING_BYTES : sizeBytes;
}

function manifestOf(run: EgressRun, location: string) {
  const { info, truth } = run.egress;
  return {
    egress_id: truth.egressId,
    room_id: info.roomId,
    room_name: info.roomName,
    started_at: (truth.liveFrom ?? 0) * 1_000_000,
    ended_at: (truth.liveTo ?? 0) * 1_000_000,
    files: [{ filename: truth.filepath, location }],
  };
}

function localFailure(reason: string): Failure {
  return { error: `Local upload failed: ${reason}`, errorCode: 400 };
}
