/** LiveKit's egress states, in the order an egress lives; the last four are terminal. */
export const EGRESS_STATUSES = ['STARTING', 'ACTIVE', 'ENDING', 'COMPLETE', 'FAILED', 'ABORTED', 'LIMIT_REACHED'] as const;
export type EgressStatus = (typeof EGRESS_STATUSES)[number];

/** 0 STARTING, 1 ACTIVE, 2 ENDING, 3 any end. Snapshots are ordered by rank, then by `updatedAt`. */
export function rankOf(status: EgressStatus): 0 | 1 | 2 | 3 {
  return status === 'STARTING' ? 0 : status === 'ACTIVE' ? 1 : status === 'ENDING' ? 2 : 3;
}

export function isTerminal(status: EgressStatus): boolean {
  return rankOf(status) === 3;
}

/** The egress's file as LiveKit reports it; absent members are not known yet. */
export interface EgressFile {
  /** The resolved path or object key in the request's terms. */
  filename: string;
  /** Milliseconds since the epoch, fractional. */
  startedAt?: number;
  endedAt?: number;
  /** Seconds, fractional. */
  duration?: number;
  /** Bytes. */
  size?: number;
  /** Absolute path or URL; set only when the file was delivered. */
  location?: string;
}

/**
 * All LiveKit ever tells us of an egress: a snapshot, whichever way it came (webhook, list, start or stop answer).
 * The egress decoder makes it; nothing else parses EgressInfo.
 */
export interface EgressObservation {
  egressId: string;
  roomName: string;
  /** Sid of the room incarnation (`RM_…`), empty when LiveKit did not say. */
  roomSid: string;
  status: EgressStatus;
  /** Nanoseconds since the epoch, decimal string. */
  updatedAt: string;
  /** Milliseconds since the epoch, fractional; when the request was accepted. */
  startedAt?: number;
  endedAt?: number;
  file?: EgressFile;
  error?: string;
  errorCode?: number;
  details?: string;
  /** The file path of the request as echoed: carries our uid, so it finds the recording. */
  requestedPath: string;
}

/** Compares two decimal strings of nanoseconds: negative, zero or positive as `a` is older, equal or newer. */
export function compareNanos(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

interface At {
  /** Epoch milliseconds by our clock. */
  at: number;
  /** `rest`, `webhook`, `reconcile`, `effect`, `deadline`, … : for the history only. */
  source: string;
}

export type EgressObserved = { type: 'egress.observed'; egress: EgressObservation } & At;

/** Why LiveKit will certainly not record for this start. */
export interface RefusalReason {
  /**
   * `capacity`: no worker took it; `unreachable`: the call never arrived; `livekit`: LiveKit said no; `late`: the claim lapsed;
   * `lost`: nothing came of the call
   */
  kind: 'capacity' | 'unreachable' | 'livekit' | 'late' | 'lost';
  message: string;
}

export type RecordingEvent =
  | EgressObserved
  /** The start was certainly not accepted. */
  | ({ type: 'start.refused'; reason: RefusalReason } & At)
  /** The start may or may not have been accepted. `cancel`: the client has its error already, so undo whatever comes of it. */
  | ({ type: 'start.unknown'; cancel: boolean; message: string } & At)
  | ({ type: 'stop'; reason: 'request' | 'stale' | 'delete' | 'superseded' } & At)
  | ({ type: 'deadline.passed'; generation: number } & At)
  /** The egress is proven dead or never existed. `cause` is for people. */
  | ({ type: 'egress.missing'; cause: string } & At)
  /** The egress is listed but its recorder left the room: make sure by a stop, then ask the media store. */
  | ({ type: 'recorder.gone' } & At)
  /** A complete file lies in the media store; of this egress, when it is named. */
  | ({ type: 'media.found'; size: number; duration?: number; egressId?: string } & At)
  | ({ type: 'media.absent' } & At)
  | ({ type: 'room.finished'; roomSid: string } & At)
  /** Remove the recording: at once when settled, else as soon as it is. */
  | ({ type: 'delete' } & At);
