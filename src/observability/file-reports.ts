import { type Clock, systemClock } from '../clock.js';
import type { Log } from '../logging.js';
import type { FileReports } from '../machines/ports/media.js';
import { fileMissing, fileUndelivered, fileUnreadable } from './events.js';

/** The files that are not there or cannot be read, for `/readyz`. Only what is not 0 is a member. */
interface FileCounts {
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
/** Another instance may see that a file is well again. Longer than the longest pause between two looks for a file, one hour. */
const TROUBLE_FOR_MS = 90 * 60_000;

/**
 * Logs each missing file once, and counts them, in this process and since its start. An undelivered or unreadable file that is not
 * reported again is forgotten after 90 minutes.
 */
export function createFileReports(
  log: Log,
  clock: Pick<Clock, 'monotonic'> = systemClock,
): FileReports & { counts(): FileCounts } {
  const missing = new Set<string>();
  const undelivered = new Map<string, Dated<{ tally: string; egress: string }>>();
  const unreadable = new Map<string, Dated<{ reason: string }>>();

  return {
    missing({ uid, roomId }) {
      if (recent(undelivered).has(uid) || missing.has(uid)) return;
      if (missing.size < MOST) missing.add(uid);
      fileMissing(log, { recording: uid, room: roomId });
    },
    undelivered({ uid, roomId }, paths) {
      missing.delete(uid);
      if (note(undelivered, uid, paths)) fileUndelivered(log, { recording: uid, room: roomId, ...paths });
    },
    unreadable({ uid, roomId }, reason) {
      if (note(unreadable, uid, { reason })) fileUnreadable(log, { recording: uid, room: roomId, reason });
    },
    settled(uid) {
      unreadable.delete(uid);
      missing.delete(uid);
      undelivered.delete(uid);
    },
    counts() {
      const [example] = recent(undelivered).values();
      const [refusal] = recent(unreadable).values();
      return {
        ...(missing.size > 0 && { missingFiles: missing.size }),
        ...(example !== undefined && {
          ok: false,
          reason: `LiveKit delivered files that are not where Tally looks, such as ${example.tally}, for the egress ${example.egress}`,
          undeliveredFiles: undelivered.size,
        }),
        ...(refusal !== undefined && {
          ok: false,
          reason: `Files cannot be read: ${refusal.reason}`,
          unreadableFiles: unreadable.size,
        }),
      };
    },
  };

  /** @returns whether the file had no such trouble */
  function note<Trouble>(troubles: Map<string, Dated<Trouble>>, uid: string, trouble: Trouble): boolean {
    const isNew = !recent(troubles).delete(uid);
    if (troubles.size < MOST) troubles.set(uid, { ...trouble, at: clock.monotonic() });
    return isNew;
  }

  /** Forgets old troubles; the map has the oldest first. */
  function recent<Trouble>(troubles: Map<string, Dated<Trouble>>): Map<string, Dated<Trouble>> {
    for (const [uid, { at }] of troubles) {
      if (clock.monotonic() - at < TROUBLE_FOR_MS) break;
      troubles.delete(uid);
    }
    return troubles;
  }
}

/** `at`: when it was reported last, monotonic milliseconds. */
type Dated<Trouble> = Trouble & { at: number };
