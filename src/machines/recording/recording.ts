import type { ActorDocument, KernelFields } from '../kernel/document.js';
import type { EgressStatus } from '../ports/egress-gateway.js';

/** The statuses clients see. `stopping` shows as `ending`; a complete recording whose limit was hit as `limit_reached`. */
export const RECORDING_STATUSES = ['starting', 'active', 'ending', 'complete', 'failed', 'aborted', 'limit_reached'] as const;
export type RecordingStatus = (typeof RECORDING_STATUSES)[number];

/** A deadline is data: an instant kept with the recording. A `deadline.passed` of another generation is ignored. */
export interface Deadline {
  /** Epoch milliseconds. */
  at: number;
  generation: number;
}

/**
 * Why LiveKit did not record. `refused` and `handler`: LiveKit said no. It may say yes the next time after `capacity` (no worker took
 * it), `unreachable` (the call never arrived), `late` (the claim lapsed) and `lost` (nothing came of the call).
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
  /** Unique. The room id while the recording is live, its own uid ever after. */
  liveKey: string;
  /** Unique. The client's Idempotency-Key, else the uid. */
  startKey: string;
  /** Value of the room lock that this recording was started under; frees that lock and no other. */
  lockValue?: string;

  /** The instance that may call StartEgress, once, at most two seconds after `calledAt`. */
  calledBy?: string;
  calledAt?: number;

  egressId?: string;
  /** LiveKit's sid of the room incarnation the egress belongs to (`RM_…`). */
  roomSid?: string;
  /** The newest snapshot that was taken in; newer ones are told by rank, then `updatedAt` (nanoseconds, decimal string). */
  observation?: { status: EgressStatus; updatedAt: string };
  deadline?: Deadline | undefined;
  /** Deadlines armed so far; the newest one's generation. */
  deadlineCount?: number;

  cancelReason?: CancelReason;
  /** Why LiveKit did not record for this start; decides what the waiting client is told. */
  startError?: StartError;
  /** The start was answered with an error: whatever file appears is removed, never rescued. */
  startFailed?: boolean;
  /** It was seen recording: ACTIVE, or an outcome with a file. */
  wasActive?: boolean;
  stopReason?: 'request' | 'stale' | 'delete' | 'superseded';
  stopRequestedAt?: number;
  /** The egress answered StopEgress or showed ENDING: from here the file has its upload budget. */
  endingSince?: number;
  /** The room incarnation that LiveKit said is over. */
  finishedRoomSid?: string;
  deleteWhenSettled?: boolean;
  limitReached?: boolean;
  settledAt?: number;
  /** What the media store said of the file: absent means not looked yet. */
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

/** What a list tells of a recording, so that a page of a hundred does not cost a hundred histories. */
export const LISTED_FIELDS = [
  ...(['uid', 'roomId', 'roomName', 'egressId', 'filename', 'startDate', 'endDate', 'duration', 'size'] as const),
  ...(['errorCode', 'error', 'details', 'limitReached'] as const),
] as const;
/** A recording as lists know it: enough for its status and for what clients see. */
export type ListedRecording = Pick<RecordingContext, (typeof LISTED_FIELDS)[number]> & { tally: Pick<KernelFields, 'state'> };

/** A record is live while it keeps its room from being recorded again. */
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

/** Its start is being undone. */
export function isCancelling({ tally: { state } }: RecordingDocument): boolean {
  return typeof state === 'object' && state.starting === 'cancelling';
}

/** Its outcome is not known yet: it is what the reconciler looks after. */
export function isUnsettled(document: RecordingDocument): boolean {
  return !isSettled(document) && !isDeleted(document);
}

/** What clients see. Derived from the state; stores keep it for their indexes only. */
export function statusOf(document: Pick<ListedRecording, 'tally' | 'limitReached'>): RecordingStatus {
  const state = topStateOf(document);
  if (state === 'stopping') return 'ending';
  if (state === 'complete') return document.limitReached === true ? 'limit_reached' : 'complete';
  if (state === 'deleted') return 'aborted';
  return state;
}
