import type { EffectParams, StateValue } from '../../kernel/document.js';
import { filenameOf, mediaKeyOf } from '../media-key.js';
import { parseRecordingId } from '../recording-id.js';
import type { RecordingContext } from '../recording.js';
import type { RecordingTiming } from './recording.deadlines.js';

export type AdoptionTiming = Pick<RecordingTiming, 'startTimeoutMs' | 'stopTimeoutMs' | 'uploadBudgetMs'>;

/** What a document's fields do not say. */
export interface RecordingOrigin {
  /** Key of the document in its store; names a recording whose own id cannot be read. */
  id: string;
  /** Epoch milliseconds of the document's creation. */
  createdAt: number;
  /** Whether this recording, of all of its room that have not ended, keeps the room. The others are stopped. */
  isLive: boolean;
  /** Epoch milliseconds of the adoption. */
  now: number;
  timing: AdoptionTiming;
  /** Draws one access secret: 32 hexadecimal characters. */
  secret: () => string;
}

/** What the actor of an adopted recording begins with. */
export interface AdoptedRecording {
  context: RecordingContext;
  state: StateValue;
  /** The version of the machine whose state names these are. */
  machineVersion: 1;
  /** When the recording has to be looked at, epoch milliseconds; null: never. */
  dueAt: number | null;
  /** What is owed for it. */
  effects: { name: 'stopEgress'; params: EffectParams }[];
}

/** What OpenVidu Meet shows before an outcome. */
export const OPEN_STATUSES = ['starting', 'active', 'ending'] as const;
type OpenStatus = (typeof OPEN_STATUSES)[number];

type Life = Omit<AdoptedRecording, 'context' | 'machineVersion'> & { context: Partial<RecordingContext> };

/**
 * A recording of OpenVidu Meet as one of ours: every field that it has, and those that it lacks.
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
    // What the event `stop` makes of an active recording.
    const context = { stopReason: 'superseded' as const, stopRequestedAt: now, ...within(timing.stopTimeoutMs) };
    const effects = [{ name: 'stopEgress' as const, params: { egressId } }];
    return { context, state: { stopping: 'ending' }, dueAt: now, effects };
  }
  if (status === 'active') return { context: { wasActive: true }, state: 'active', dueAt: null, effects: [] };
  const { startTimeoutMs } = timing;
  return { context: within(startTimeoutMs), state: { starting: 'awaiting' }, dueAt: now + startTimeoutMs, effects: [] };
}

/** The outcome stands: nothing is owed for it, and nothing looks for a file that is missing. */
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
