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

/** What became of a StartEgress call; it never throws, since every outcome means something to the recording. */
export type StartOutcome =
  | { kind: 'accepted'; egress: EgressObservation }
  /** Certainly not accepted. */
  | { kind: 'refused'; code: 'unreachable' | 'livekit'; message: string }
  /** 503: no worker answered. Certainly not accepted, yet worth one look. */
  | { kind: 'no_capacity'; message: string }
  /** 500: a worker may have it although the call failed. */
  | { kind: 'handler_failed'; message: string }
  /** Time-out, reset, 408, 409, other 5xx: anything may have happened. */
  | { kind: 'unknown'; message: string };

export type StopOutcome =
  | { kind: 'stopping'; egress: EgressObservation }
  /** 412: it is over, or its handler is. */
  | { kind: 'already_over' }
  /** 404: LiveKit does not know it. */
  | { kind: 'not_found' }
  /** 408 or 503: nobody answered for this egress. */
  | { kind: 'no_answer' };

/**
 * LiveKit's egress service.
 *
 * @throws LiveKitUnavailableError every method but startRoomComposite: unreachable, time-out or a 5xx (retryable)
 */
export interface EgressGateway {
  /**
   * Start the room-composite egress of one recording. Not repeatable: the caller holds the claim. Never throws.
   *
   * @param filepath as the egress sees it, from MediaStore.egressPath
   */
  startRoomComposite(request: { roomName: string; filepath: string }): Promise<StartOutcome>;
  stopEgress(egressId: string): Promise<StopOutcome>;
  /** One egress; undefined when LiveKit answers 404. @param timeoutMs gives up after this many milliseconds */
  findEgress(egressId: string, timeoutMs?: number): Promise<EgressObservation | undefined>;
  /** @param filter.active STARTING, ACTIVE and ENDING only */
  listEgress(filter?: { roomName?: string; active?: boolean }, timeoutMs?: number): Promise<EgressObservation[]>;
}
