import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createMp4 } from './mp4.js';

export interface Manifest {
  egress_id: string;
  room_id: string;
  room_name: string;
  started_at: number;
  ended_at: number;
  files: { filename: string; location: string }[];
}

/**
 * Write the recording of this length; it appears at its location at once or not at all.
 *
 * @param location absolute path; folders are made as needed
 * @returns its size in bytes
 */
export async function writeRecording(location: string, egressId: string, durationMs: number): Promise<number> {
  return writeWhole(location, egressId, await createMp4(durationMs));
}

/** Write `<egressId>.json` beside the recording. @returns its absolute path */
export async function writeManifest(beside: string, manifest: Manifest): Promise<string> {
  const location = path.join(path.dirname(beside), `${manifest.egress_id}.json`);
  await writeWhole(location, manifest.egress_id, JSON.stringify(manifest));
  return location;
}

/** Write under a temporary name and move it into place. @returns the size in bytes */
export async function writeWhole(location: string, egressId: string, content: Uint8Array | string): Promise<number> {
  const partial = path.join(path.dirname(location), `.${egressId}.partial`);
  await writeMakingFolder(partial, content);
  await rename(partial, location);
  return Buffer.byteLength(content);
}

/** Most files go to a folder that is there: make it only when it turns out to be missing. */
async function writeMakingFolder(location: string, content: Uint8Array | string): Promise<void> {
  try {
    await writeFile(location, content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(path.dirname(location), { recursive: true });
    await writeFile(location, content);
  }
}
