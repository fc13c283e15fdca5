import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
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
 * @returns its size in bytes, as the disk has it
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
  const folder = path.dirname(location);
  await mkdir(folder, { recursive: true });
  const partial = path.join(folder, `.${egressId}.partial`);
  await writeFile(partial, content);
  await rename(partial, location);
  return (await stat(location)).size;
}
