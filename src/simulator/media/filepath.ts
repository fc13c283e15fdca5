import path from 'node:path';

/** Extensions that an egress recognises. Any other ending counts as part of the name. */
const KNOWN_EXTENSIONS = new Set(['.mp4', '.ogg', '.webm', '.ts', '.m3u8', '.mp3', '.ivf', '.h264', '.jpeg', '.raw']);

export interface PathInput {
  /** The path of the request. It may hold `{room_name}`, `{room_id}`, `{time}` and `{utc}`. */
  filepath: string;
  roomName: string;
  roomId: string;
  extension: '.mp4' | '.ogg';
  nowMs: number;
}

/**
 * The file name of an egress: templates filled in, normalised, and with the right extension.
 *
 * @see livekit/egress, `pkg/config/output_file.go` and `pkg/config/storage.go`
 */
export function resolveFilename({ filepath, roomName, roomId, extension, nowMs }: PathInput): string {
  const iso = new Date(nowMs).toISOString();
  const time = iso.slice(0, 19).replaceAll(':', '');
  const values: Readonly<Record<string, string>> = {
    room_name: roomName,
    room_id: roomId,
    time,
    utc: iso.replace(/\D/g, '').slice(0, 17),
  };
  const filled = filepath.replace(/\{(room_name|room_id|time|utc)\}/g, (whole, key: string) => values[key] ?? whole);
  const named = filled === '' || filled.endsWith('/') ? `${filled}${roomName}-${time}` : filled;
  return withExtension(clean(named), extension);
}

/**
 * The path on this machine of a file with that name.
 *
 * @returns undefined when the path would be outside the media folder
 */
export function locate(filename: string, mediaDir: string): string | undefined {
  const root = path.resolve(mediaDir);
  const location = path.resolve(root, filename);
  return location.startsWith(root + path.sep) ? location : undefined;
}

function clean(name: string): string {
  return path.posix.normalize(name).replace(/^(\.\.\/)+/, '');
}

function withExtension(name: string, extension: string): string {
  const current = path.posix.extname(name);
  if (current === extension) return name;
  return KNOWN_EXTENSIONS.has(current) ? name.slice(0, -current.length) + extension : name + extension;
}
