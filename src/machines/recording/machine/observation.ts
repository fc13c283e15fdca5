import { uidOfPath } from '../media-key.js';
import { compareNanos, type EgressObservation, rankOf } from '../../ports/egress-gateway.js';
import type { RecordingContext } from '../recording.js';

type Learned = Partial<RecordingContext>;

/** Whether the snapshot is of this recording's egress: by its id or, while the id is unknown, by our uid in its path. */
export function isOwn(recording: RecordingContext, egress: EgressObservation): boolean {
  if (recording.egressId !== undefined) return recording.egressId === egress.egressId;
  return egress.roomName === recording.roomId && uidOfPath(egress.requestedPath) === recording.uid;
}

/** Whether the snapshot is later than the last one, in any order of arrival: by its rank, within a rank by `updatedAt`. */
function isLater(recording: RecordingContext, egress: EgressObservation): boolean {
  const last = recording.observation;
  if (last === undefined) return true;
  const byRank = rankOf(egress.status) - rankOf(last.status);
  if (byRank !== 0) return byRank > 0;
  return rankOf(last.status) < 3 && compareNanos(egress.updatedAt, last.updatedAt) > 0;
}

/** Whether the snapshot has a higher rank than every snapshot before. */
export function rises(recording: RecordingContext, egress: EgressObservation): boolean {
  return recording.observation === undefined || rankOf(egress.status) > rankOf(recording.observation.status);
}

/**
 * The fields that a snapshot changes: a later snapshot overwrites, an older or repeated one only sets unknown fields. Members
 * that LiveKit left out do not change. Empty when only the snapshot's time is newer.
 */
export function learn(recording: RecordingContext, egress: EgressObservation): Learned {
  const later = isLater(recording, egress);
  if (!later && recording.observation !== undefined && rankOf(egress.status) < rankOf(recording.observation.status)) {
    return onlyUnknown(recording, { egressId: egress.egressId, ...sidOf(egress) });
  }
  const told = toldBy(recording, egress);
  const news = later ? changed(recording, told) : onlyUnknown(recording, told);
  if (!rises(recording, egress) && Object.keys(news).length === 0) return {};
  return later ? { ...news, observation: { status: egress.status, updatedAt: egress.updatedAt } } : news;
}

/** The recording's dates are those of its file; until they are known, those of the egress (acceptance, end of the upload). */
function toldBy(recording: RecordingContext, egress: EgressObservation): Learned {
  const file = egress.file ?? { filename: '' };
  return compact({
    egressId: egress.egressId,
    ...sidOf(egress),
    startDate: file.startedAt ?? recording.startDate ?? egress.startedAt ?? Number(egress.updatedAt) / 1e6,
    endDate: file.endedAt ?? recording.endDate ?? egress.endedAt,
    duration: file.duration,
    size: file.size,
    error: egress.error,
    errorCode: egress.errorCode,
    details: egress.details,
  });
}

function sidOf(egress: EgressObservation): Learned {
  return egress.roomSid === '' ? {} : { roomSid: egress.roomSid };
}

function compact(fields: { [Key in keyof Learned]?: Learned[Key] | undefined }): Learned {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Learned;
}

function changed(recording: RecordingContext, told: Learned): Learned {
  return pick(told, (key) => told[key] !== recording[key]);
}

function onlyUnknown(recording: RecordingContext, told: Learned): Learned {
  return pick(told, (key) => recording[key] === undefined);
}

function pick(told: Learned, keep: (key: keyof Learned) => boolean): Learned {
  return Object.fromEntries(Object.entries(told).filter(([key]) => keep(key as keyof Learned))) as Learned;
}
