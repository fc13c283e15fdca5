import type { MediaInfo, MediaStore } from '../../ports/media.js';

type Media = Pick<MediaStore, 'stat' | 'read'>;

/** The result of a file check. Not complete: the object does not exist, is empty or was cut off. */
export type FileVerdict = { complete: true; size: number } | { complete: false };

const HEADER_BYTES = 16;
/** Maximum number of top-level boxes; no recorder writes so many, and a file with more counts as not complete. */
const MAX_BOXES = 4_096;

/**
 * Whether the object is a finished recording: it has the size LiveKit reported or, when that is unknown, its top-level MP4 boxes
 * include `moov` and end exactly at the object's size. Only box headers are read.
 *
 * @param expectedSize bytes, when LiveKit reported them
 * @throws MediaUnavailableError the media store could not be reached
 * @see ISO/IEC 14496-12, 4.2: box size 0 reaches to the end of the file, 1 is followed by a 64-bit size
 */
export async function inspectFile(media: Media, key: string, expectedSize: number | undefined): Promise<FileVerdict> {
  const info = await media.stat(key);
  if (info === undefined || info.size === 0) return { complete: false };
  if (expectedSize !== undefined && expectedSize > 0) {
    return info.size === expectedSize ? { complete: true, size: info.size } : { complete: false };
  }
  return (await hasWholeBoxes(media, key, info)) ? { complete: true, size: info.size } : { complete: false };
}

async function hasWholeBoxes(media: Media, key: string, { size }: MediaInfo): Promise<boolean> {
  let offset = 0;
  let hasMoov = false;
  for (let boxes = 0; offset < size && boxes < MAX_BOXES; boxes++) {
    const header = await readBytes(media, key, offset, Math.min(offset + HEADER_BYTES, size) - 1);
    const box = boxAt(header, size - offset);
    if (box === undefined) return false;
    hasMoov ||= box.type === 'moov';
    offset += box.size;
  }
  return hasMoov && offset === size;
}

function boxAt(header: Buffer, left: number): { type: string; size: number } | undefined {
  if (header.length < 8) return undefined;
  const type = header.toString('latin1', 4, 8);
  const short = header.readUInt32BE(0);
  if (short === 0) return { type, size: left };
  if (short !== 1) return short >= 8 ? { type, size: short } : undefined;
  if (header.length < HEADER_BYTES) return undefined;
  const long = header.readBigUInt64BE(8);
  return long >= 16n ? { type, size: Number(long) } : undefined;
}

async function readBytes(media: Media, key: string, start: number, end: number): Promise<Buffer> {
  const stream = await media.read(key, { start, end });
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
