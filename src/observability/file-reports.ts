import type { Log } from '../logging.js';
import type { FileReports } from '../machines/ports/media.js';
import { fileMissing, fileUndelivered, fileUnreadable } from './events.js';

/** The files that are not there or cannot be read, for `/readyz`. Only what is not 0 is a member. */
export interface FileCounts {
  /** False while files are undelivered or unreadable, with the reason. */
  ok?: false;
  reason?: string;
  /** Recordings whose file was asked for in vain. */
  missingFiles?: number;
  /** Recordings whose file LiveKit has delivered, but not to where Tally looks. */
  undeliveredFiles?: number;
  /** Recordings whose file the media store refused to read. */
  unreadableFiles?: number;
}

/** Further recordings are logged but not counted, which bounds the memory. */
const MOST = 10_000;

/** Logs each missing file once, and counts them, in this process and since its start. */
export function createFileReports(log: Log): FileReports & { counts(): FileCounts } {
  const missing = new Set<string>();
  const undelivered = new Map<string, { tally: string; egress: string }>();
  const unreadable = new Map<string, string>();

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
    unreadable({ uid, roomId }, reason) {
      if (unreadable.has(uid)) return;
      if (unreadable.size < MOST) unreadable.set(uid, reason);
      fileUnreadable(log, { recording: uid, room: roomId, reason });
    },
    settled(uid) {
      unreadable.delete(uid);
      missing.delete(uid);
      undelivered.delete(uid);
    },
    counts() {
      const [example] = undelivered.values();
      const [refusal] = unreadable.values();
      return {
        ...(missing.size > 0 && { missingFiles: missing.size }),
        ...(example !== undefined && {
          ok: false,
          reason: `LiveKit delivered files that are not where Tally looks, such as ${example.tally}, for the egress ${example.egress}`,
          undeliveredFiles: undelivered.size,
        }),
        ...(refusal !== undefined && {
          ok: false,
          reason: `Files cannot be read: ${refusal}`,
          unreadableFiles: unreadable.size,
        }),
      };
    },
  };
}
