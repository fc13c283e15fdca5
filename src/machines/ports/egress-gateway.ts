/** LiveKit's egress statuses, in the order in which an egress reaches them; the last four are terminal. */
export const EGRESS_STATUSES = ['STARTING', 'ACTIVE', 'ENDING', 'COMPLETE', 'FAILED', 'ABORTED', 'LIMIT_REACHED'] as const;
export type EgressStatus = (typeof EGRESS_STATUSES)[number];

/** Rank of a status: 0 STARTING, 1 ACTIVE, 2 ENDING, 3 terminal. Snapshots are ordered by rank, then by `updatedAt`. */
export function rankOf(status: EgressStatus): 0 | 1 | 2 | 3 {
  return status === 'STARTING' ? 0 : status === 'ACTIVE' ? 1 : status === 'ENDING' ? 2 : 3;
}

export function isTerminal(status: EgressStatus): boolean {
  return rankOf(status) === 3;
}

/** The file of an egress as LiveKit reports it; absent members are not known yet. */
export interface EgressFile {
  /** Path or object key of the file, as the egress worker resolved it from the requested path. */
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
 * A snapshot of an egress as LiveKit reported it: in a webhook, a list, or the answer to a start or stop. The egress decoder
 * makes it; nothing else parses EgressInfo.
 */
export interface EgressObservation {
  egressId: string;
  roomName: string;
  /** LiveKit's sid of the room (`RM_…`), another one each time the room is opened; empty when LiveKit did not send it. */
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
  /** The requested file path, as LiveKit repeats it. It contains our uid, which identifies the recording. */
  requestedPath: string;
}

/** Compares two decimal strings of nanoseconds: negative, zero or positive as `a` is older, equal or newer. */
export function compareNanos(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** The outcome of a StartEgress call. Failures are results, not errors, because each kind has its own meaning. */
export type StartOutcome =
  | { kind: 'accepted'; egress: EgressObservation }
  /** LiveKit has certainly not accepted the start. */
  | { kind: 'refused'; code: 'unreachable' | 'livekit'; message: string }
  /** 503: no egress worker answered, so LiveKit did not accept the start; the caller checks that once. */
  | { kind: 'no_capacity'; message: string }
  /** 500: an egress worker may have accepted the start although the call failed. */
  | { kind: 'handler_failed'; message: string }
  /** Time-out, reset, 408, 409, other 5xx: LiveKit may or may not have accepted the start. */
  | { kind: 'unknown'; message: string };

export type StopOutcome =
  | { kind: 'stopping'; egress: EgressObservation }
  /** 412: the egress is over, or its handler process is. */
  | { kind: 'already_over' }
  /** 404: LiveKit does not know the egress. */
  | { kind: 'not_found' }
  /** 408 or 503: no egress worker answered for this egress. */
  | { kind: 'no_answer' };

/**
 * LiveKit's egress service.
 *
 * @throws LiveKitUnavailableError from every method but startRoomComposite: unreachable, time-out or a 5xx (retryable)
 */
export interface EgressGateway {
  /**
   * Start the room-composite egress of one recording. Not repeatable: the caller holds the claim. Never throws.
   *
   * @param filepath path as the egress worker sees the storage, from MediaStore.egressPath
   */
  startRoomComposite(request: { roomName: string; filepath: string }): Promise<StartOutcome>;
  stopEgress(egressId: string): Promise<StopOutcome>;
  /** One egress; undefined when LiveKit answers 404. @param timeoutMs gives up after this many milliseconds */
  findEgress(egressId: string, timeoutMs?: number): Promise<EgressObservation | undefined>;
  /** @param filter.active STARTING, ACTIVE and ENDING only */
  listEgress(filter?: { roomName?: string; active?: boolean }, timeoutMs?: number): Promise<EgressObservation[]>;
}
