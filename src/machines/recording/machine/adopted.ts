import type { EffectParams, StateValue } from '../../kernel/document.js';
import { filenameOf, mediaKeyOf } from '../media-key.js';
import { parseRecordingId } from '../recording-id.js';
import type { RecordingContext } from '../recording.js';
import type { RecordingTiming } from './recording.deadlines.js';

export type AdoptionTiming = Pick<RecordingTiming, 'startTimeoutMs' | 'stopTimeoutMs' | 'uploadBudgetMs'>;

/** The facts that the adoption needs beside the fields of the document. */
export interface RecordingOrigin {
  /** Key of the document in its store; it becomes the uid of a recording whose own id cannot be parsed. */
  id: string;
  /** Epoch milliseconds of the document's creation. */
  createdAt: number;
  /** Whether this is the room's live recording. The room's other recordings that have not ended are stopped. */
  isLive: boolean;
  /** Epoch milliseconds of the adoption. */
  now: number;
  timing: AdoptionTiming;
  /** Generates one access secret: 32 hexadecimal characters. */
  secret: () => string;
}

/** The initial state of an adopted recording's actor. */
export interface AdoptedRecording {
  context: RecordingContext;
  state: StateValue;
  /** The machine version to which the names in `state` belong. */
  machineVersion: 1;
  /** When a sweep must look at the recording, epoch milliseconds; null: never. */
  dueAt: number | null;
  /** The pending effects of the adopted recording. */
  effects: { name: 'stopEgress'; params: EffectParams }[];
}

/** The statuses of a recording of OpenVidu Meet that has not ended. */
export const OPEN_STATUSES = ['starting', 'active', 'ending'] as const;
type OpenStatus = (typeof OPEN_STATUSES)[number];

type Life = Omit<AdoptedRecording, 'context' | 'machineVersion'> & { context: Partial<RecordingContext> };

/**
 * Converts a recording of OpenVidu Meet to a recording of Tally: keeps every field that it has, and adds the missing ones.
 *
 * @param stored a document of version 1, without its key
 */
export function adoptRecording(stored: Readonly<Record<string, unknown>>, origin: RecordingOrigin): AdoptedRecording {
  const { recordingId, status, ...fields } = stored;
  const given = fields as Partial<RecordingContext>;
  const { id, createdAt, isLive, secret } = origin;
  const { uid, egressId } = parseRecordingId(String(recordingId)) ?? { uid: id, egressId: `EG_${id}` };
  const roomId = String(given.roomId);
  const owner = { roomId, uid };
  const life = isOpen(status) ? openLife(status, egressId, origin) : settledLife(status, given, origin);
  const context = {
    ...given,
    filename: given.filename ?? filenameOf(owner),
    accessSecrets: given.accessSecrets ?? { public: secret(), private: secret() },
    createdAt: given.createdAt ?? createdAt,
    uid,
    egressId,
    startKey: uid,
    liveKey: isOpen(status) && isLive ? roomId : uid,
    mediaKey: mediaKeyOf(owner),
    ...life.context,
  };
  return { ...life, machineVersion: 1, context: context as RecordingContext };
}

function openLife(status: OpenStatus, egressId: string, { now, timing, isLive }: RecordingOrigin): Life {
  const within = (ms: number) => ({ deadline: { at: now + ms, generation: 1 }, deadlineCount: 1 });
  if (status === 'ending') {
    const { uploadBudgetMs } = timing;
    const context = { wasActive: true, endingSince: now, ...within(uploadBudgetMs) };
    return { context, state: { stopping: 'ending' }, dueAt: now + uploadBudgetMs, effects: [] };
  }
  if (!isLive) {
    // The event `stop` does the same to an active recording.
    const context = { stopReason: 'superseded' as const, stopRequestedAt: now, ...within(timing.stopTimeoutMs) };
    const effects = [{ name: 'stopEgress' as const, params: { egressId } }];
    return { context, state: { stopping: 'ending' }, dueAt: now, effects };
  }
  if (status === 'active') return { context: { wasActive: true }, state: 'active', dueAt: null, effects: [] };
  const { startTimeoutMs } = timing;
  return { context: within(startTimeoutMs), state: { starting: 'awaiting' }, dueAt: now + startTimeoutMs, effects: [] };
}

/** A recording that has ended keeps its outcome: it has no pending effects, and a missing file is not looked for. */
function settledLife(status: unknown, { endDate, startDate }: Partial<RecordingContext>, { now }: RecordingOrigin): Life {
  const settledAt = [endDate, startDate].find((date) => typeof date === 'number') ?? now;
  const as = (state: StateValue, context: Partial<RecordingContext>): Life => ({
    context: { settledAt, ...context },
    state,
    dueAt: null,
    effects: [],
  });
  switch (status) {
    case 'complete':
      return as('complete', { wasActive: true, media: 'complete' });
    case 'limit_reached':
      return as('complete', { wasActive: true, media: 'complete', limitReached: true });
    case 'aborted':
      return as({ aborted: 'rescuable' }, { media: 'missing' });
    default:
      return as({ failed: 'rescuable' }, { media: 'missing' });
  }
}

function isOpen(status: unknown): status is OpenStatus {
  return OPEN_STATUSES.some((open) => open === status);
}
