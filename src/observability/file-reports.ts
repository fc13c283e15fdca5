import type { Log } from '../logging.js';
import type { FileReports } from '../machines/ports/media.js';
import { fileMissing, fileUndelivered } from './events.js';

/** The files that are not there, for `/readyz`. Only what is not 0 is a member. */
export interface FileCounts {
  /** False while files are undelivered, with the reason. */
  ok?: false;
  reason?: string;
  /** Recordings whose file was asked for in vain. */
  missingFiles?: number;
  /** Recordings whose file LiveKit has delivered, but not to where Tally looks. */
  undeliveredFiles?: number;
}

/** Further recordings are logged but not counted, which bounds the memory. */
const MOST = 10_000;

/** Logs each missing file once, and counts them, in this process and since its start. */
export function createFileReports(log: Log): FileReports & { counts(): FileCounts } {
  const missing = new Set<string>();
  const undelivered = new Map<string, { tally: string; egress: string }>();

  return {
    missing({ uid, roomId }) {
      if (undelivered.has(uid) || missing.has(uid)) return;
      if (missing.size < MOST) missing.add(uid);
      fileMissing(log, { recording: uid, room: roomId });
    },
    undelivered({ uid, roomId }, paths) {
      if (undelivered.has(uid)) return;
      missing.delete(uid);
      if (undelivered.size < MOST) undelivered.set(uid, paths);
      fileUndelivered(log, { recording: uid, room: roomId, ...paths });
    },
    settled(uid) {
      missing.delete(uid);
      undelivered.delete(uid);
    },
    counts() {
      const [example] = undelivered.values();
      return {
        ...(missing.size > 0 && { missingFiles: missing.size }),
        ...(example !== undefined && {
          ok: false,
          reason: `LiveKit delivered files that are not where Tally looks, such as ${example.tally}, for the egress ${example.egress}`,
          undeliveredFiles: undelivered.size,
        }),
      };
    },
  };
}
