import { randomBytes } from 'node:crypto';

import type { HistoryEntry, KernelFields, PendingEffect, StateValue } from '../../machines/kernel/document.js';
import { statePath } from '../../machines/kernel/document.js';
import { filenameOf, mediaKeyOf } from '../../machines/recording/media-key.js';
import { parseRecordingId } from '../../machines/recording/recording-id.js';
import type { RecordingContext, RecordingDocument } from '../../machines/recording/recording.js';
import type { Stored } from './connect.js';

export interface AdoptionTiming {
  /** Milliseconds that a starting recording has from its adoption until LiveKit is asked what became of it. Default 30 s. */
  startTimeoutMs: number;
  /** Milliseconds until a stop is repeated. Default 30 s. */
  stopTimeoutMs: number;
  /** Milliseconds that an ending one has to deliver its file. Default 10 min. */
  uploadBudgetMs: number;
}

export interface AdoptionContext {
  /** Epoch milliseconds. */
  now: number;
  timing: AdoptionTiming;
  /** Whether this one, of all of its room that have not ended, keeps the room; the others are stopped. */
  isLive: boolean;
}

/** The state names below are those of this version of the machines. */
const MACHINE_VERSION = 1;
/** What the original service shows before an outcome. */
export const OPEN_STATUSES = ['starting', 'active', 'ending'] as const;
type OpenStatus = (typeof OPEN_STATUSES)[number];

/** A document of the original service as one of ours: every field that it has, and those that it lacks. */
export function adoptedRecording(stored: Stored, context: AdoptionContext): RecordingDocument {
  const { _id, recordingId, status, ...fields } = stored;
  const id: { egressId: string; uid: string } = parseRecordingId(String(recordingId)) ?? {
    egressId: `EG_${String(_id)}`,
    uid: String(_id),
  };
  const roomId = String(fields['roomId']);
  const filename = filenameOf({ roomId, uid: id.uid });
  const created = {
    filename,
    accessSecrets: { public: randomBytes(16).toString('hex'), private: randomBytes(16).toString('hex') },
    createdAt: _id.getTimestamp().getTime(),
  };
  const { tally, ...life } = isOpen(status) ? openLife(status, id.egressId, context) : settledLife(status, stored, context);
  const ours = {
    uid: id.uid,
    egressId: id.egressId,
    startKey: id.uid,
    liveKey: isOpen(status) && context.isLive ? roomId : id.uid,
    mediaKey: mediaKeyOf({ roomId, uid: id.uid }),
    ...life,
  };
  const lacking = Object.entries(created).filter(([name]) => (fields[name] ?? undefined) === undefined);
  return { ...fields, ...Object.fromEntries(lacking), ...ours, tally } as unknown as RecordingDocument;
}

type Life = Partial<RecordingContext> & { tally: KernelFields };

function openLife(status: OpenStatus, egressId: string, { now, timing, isLive }: AdoptionContext): Life {
  const until = (afterMs: number) => ({ deadline: { at: now + afterMs, generation: 1 }, deadlineCount: 1 });
  if (status === 'ending') {
    const { uploadBudgetMs } = timing;
    const state = { stopping: 'ending' };
    return { wasActive: true, endingSince: now, ...until(uploadBudgetMs), tally: kernelFields(now, state, now + uploadBudgetMs) };
  }
  if (!isLive) {
    // What the event `stop` makes of an active recording; the effect is free for whoever sweeps first.
    const stop: PendingEffect = {
      ...{ key: 'stopEgress', name: 'stopEgress', params: { egressId }, since: 1, attempts: 0 },
      ...{ notBefore: now, leaseUntil: now, leasedBy: 'adoption' },
    };
    const tally = kernelFields(now, { stopping: 'ending' }, now, [stop]);
    return { stopReason: 'superseded', stopRequestedAt: now, ...until(timing.stopTimeoutMs), tally };
  }
  if (status === 'active') return { wasActive: true, tally: kernelFields(now, 'active', null) };
  const { startTimeoutMs } = timing;
  return { ...until(startTimeoutMs), tally: kernelFields(now, { starting: 'awaiting' }, now + startTimeoutMs) };
}

/** An outcome of the original service stands: nothing is owed for it, and a file that is not there is not looked for. */
function settledLife(status: unknown, stored: Stored, { now }: AdoptionContext): Life {
  const settledAt = [stored['endDate'], stored['startDate']].find((date) => typeof date === 'number') ?? now;
  switch (status) {
    case 'complete':
      return { settledAt, wasActive: true, media: 'complete', tally: kernelFields(now, 'complete', null) };
    case 'limit_reached':
      return { settledAt, wasActive: true, media: 'complete', limitReached: true, tally: kernelFields(now, 'complete', null) };
    case 'aborted':
      return { settledAt, media: 'missing', tally: kernelFields(now, { aborted: 'rescuable' }, null) };
    default:
      return { settledAt, media: 'missing', tally: kernelFields(now, { failed: 'rescuable' }, null) };
  }
}

export function kernelFields(now: number, state: StateValue, dueAt: number | null, effects: PendingEffect[] = []): KernelFields {
  const first: HistoryEntry = {
    ...{ at: now, from: '', to: statePath(state), event: 'adopt', source: 'adoption', instance: 'adoption' },
  };
  return { state, machineVersion: MACHINE_VERSION, version: 1, effects, history: [first], dueAt, lastWrite: 'adoption' };
}

function isOpen(status: unknown): status is OpenStatus {
  return OPEN_STATUSES.some((open) => open === status);
}
