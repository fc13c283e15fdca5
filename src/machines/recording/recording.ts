import type { ActorDocument, KernelFields } from '../kernel/document.js';
import type { EgressStatus } from '../ports/egress-gateway.js';

/** The statuses that clients see. `stopping` shows as `ending`; a complete recording whose limit was hit as `limit_reached`. */
export const RECORDING_STATUSES = ['starting', 'active', 'ending', 'complete', 'failed', 'aborted', 'limit_reached'] as const;
export type RecordingStatus = (typeof RECORDING_STATUSES)[number];

/** A deadline, stored with the recording. A `deadline.passed` of another generation is ignored. */
export interface Deadline {
  /** Epoch milliseconds. */
  at: number;
  generation: number;
}

/**
 * Why LiveKit did not record. `refused`, `handler`: LiveKit refused or failed. A retry may succeed after `capacity` (no worker
 * took it), `unreachable` (the call never arrived), `late` (the claim expired) and `lost` (the call led to no egress).
 */
export interface StartError {
  kind: 'refused' | 'handler' | 'capacity' | 'unreachable' | 'late' | 'lost' | 'egress';
  message: string;
}

/** Why a start is being undone. `deadline` and `refused` end as failed, `stop` as aborted. */
export type CancelReason = 'deadline' | 'refused' | 'stop';

/**
 * One recording: the machine's context and the stored document's top level. Plain JSON.
 * Fields that clients see keep the names and units of the API; absent means unknown.
 */
export interface RecordingContext {
  schemaVersion: number;
  uid: string;
  roomId: string;
  roomName: string;
  /** `{roomId}--{uid}.mp4` */
  filename: string;
  /** Object key in the media store, no leading slash; ends in `filename`. */
  mediaKey: string;
  accessSecrets: { public: string; private: string };
  /** Epoch milliseconds of the request that made this record. */
  createdAt: number;
  /** Unique. The room id while the recording is live, the recording's own uid after that. */
  liveKey: string;
  /**
   * Unique. A digest of the client's credential and Idempotency-Key (the first release stored `idempotency:` and the key); the
   * uid if there is no key, and after a start that failed.
   */
  startKey: string;
  /** Digest of the request with the Idempotency-Key; absent in recordings of the first release. */
  startDigest?: string;
  /** Value of the room lock of the start, with which this lock and no other is extended and released. */
  lockValue?: string;

  /** The instance that may call StartEgress, once, at most two seconds after `calledAt`. */
  calledBy?: string;
  calledAt?: number;

  egressId?: string;
  /** LiveKit's sid of the room that the egress records (`RM_…`), another one each time the room is opened. */
  roomSid?: string;
  /** The newest snapshot so far, by rank, then by `updatedAt` (nanoseconds, decimal string). */
  observation?: { status: EgressStatus; updatedAt: string };
  deadline?: Deadline | undefined;
  /** Number of deadlines so far, which is the generation of the newest one. */
  deadlineCount?: number;

  cancelReason?: CancelReason;
  /** Why LiveKit did not record for this start; decides which error the client gets. */
  startError?: StartError;
  /** The start was answered with an error: a file that appears later is removed. */
  startFailed?: boolean;
  /** The egress was seen recording: ACTIVE, or an end with a file. */
  wasActive?: boolean;
  stopReason?: 'request' | 'stale' | 'delete' | 'superseded';
  stopRequestedAt?: number;
  /** When the egress answered StopEgress or showed ENDING: the time for the upload starts here. */
  endingSince?: number;
  /** Sid of the LiveKit room that LiveKit said is over. */
  finishedRoomSid?: string;
  deleteWhenSettled?: boolean;
  limitReached?: boolean;
  settledAt?: number;
  /** The answer of the media store about the file; absent: not asked yet. */
  media?: 'complete' | 'missing';
  deletedAt?: number;

  /** Milliseconds since the epoch, fractional as LiveKit's nanoseconds are. */
  startDate?: number;
  endDate?: number;
  /** Seconds, fractional. */
  duration?: number;
  /** Bytes. */
  size?: number;
  errorCode?: number | undefined;
  error?: string | undefined;
  details?: string;
}

export type RecordingDocument = ActorDocument<RecordingContext>;

/** The fields that a list reads of a recording, so that a page of 100 recordings does not load 100 histories. */
export const LISTED_FIELDS = [
  ...(['uid', 'roomId', 'roomName', 'egressId', 'filename', 'startDate', 'endDate', 'duration', 'size'] as const),
  ...(['errorCode', 'error', 'details', 'limitReached'] as const),
] as const;
/** A recording as a list reads it: enough for its status and for what clients see. */
export type ListedRecording = Pick<RecordingContext, (typeof LISTED_FIELDS)[number]> & { tally: Pick<KernelFields, 'state'> };

/** Whether the recording is live: it keeps its room from being recorded again. */
export function isLive(recording: Pick<RecordingContext, 'liveKey' | 'roomId'>): boolean {
  return recording.liveKey === recording.roomId;
}

type TopState = 'starting' | 'active' | 'stopping' | 'complete' | 'failed' | 'aborted' | 'deleted';

/** The first level of a recording's state. */
export function topStateOf(document: Pick<ListedRecording, 'tally'>): TopState {
  const { state } = document.tally;
  return (typeof state === 'string' ? state : Object.keys(state)[0]) as TopState;
}

export function isSettled(document: RecordingDocument): boolean {
  return ['complete', 'failed', 'aborted'].includes(topStateOf(document));
}

export function isDeleted(document: RecordingDocument): boolean {
  return topStateOf(document) === 'deleted';
}

/** Whether the start of the recording is being undone. */
export function isCancelling({ tally: { state } }: RecordingDocument): boolean {
  return typeof state === 'object' && state.starting === 'cancelling';
}

/** Whether the outcome of the recording is not known yet, so that the reconciler looks at it. */
export function isUnsettled(document: RecordingDocument): boolean {
  return !isSettled(document) && !isDeleted(document);
}

/** The status that clients see, derived from the state. Stores keep it only for their indexes. */
export function statusOf(document: Pick<ListedRecording, 'tally' | 'limitReached'>): RecordingStatus {
  const state = topStateOf(document);
  if (state === 'stopping') return 'ending';
  if (state === 'complete') return document.limitReached === true ? 'limit_reached' : 'complete';
  if (state === 'deleted') return 'aborted';
  return state;
}
