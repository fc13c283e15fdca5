import type { KernelFields, StateValue } from '../../../src/machines/kernel/document.js';
import { defineRecording } from '../../../src/machines/recording/machine/definition.js';
import type { EgressObservation, EgressStatus } from '../../../src/machines/ports/egress-gateway.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import { newRecording } from '../../../src/machines/recording/machine/new-recording.js';
import type { RecordingContext, RecordingDocument } from '../../../src/machines/recording/recording.js';
import type { RecordingTiming } from '../../../src/machines/recording/machine/recording.deadlines.js';

/** Noon of the day on which every test recording begins, epoch milliseconds. */
export const NOON = Date.UTC(2026, 0, 1, 12);

export const timing: RecordingTiming = {
  startTimeoutMs: 30_000,
  confirmMs: 3_000,
  stopTimeoutMs: 30_000,
  uploadBudgetMs: 600_000,
  tombstoneMs: 48 * 3_600_000,
};

export const definition = defineRecording(timing);

export const ROOM = 'planning-0123456789abcde';
export const UID = 'a1b2c3d4e5';

/** The initial context of a recording that instance `one` starts. */
export function buildInput(fields: Partial<RecordingContext> = {}): RecordingContext {
  const uid = fields.uid ?? UID;
  return {
    ...newRecording({
      uid,
      roomId: ROOM,
      roomName: 'Planning',
      at: NOON,
      secret: () => '0'.repeat(32),
      lockValue: 'lock-1',
      claimant: 'one',
    }),
    mediaKey: `recordings/${ROOM}--${uid}.mp4`,
    ...fields,
  };
}

/** The fields that a recording gains when LiveKit accepts its egress. */
export const ACCEPTED = { egressId: 'EG_1', roomSid: 'RM_1', observation: { status: 'STARTING', updatedAt: nanos(0) } } as const;

export function buildDocument(
  state: StateValue,
  fields: Partial<RecordingContext> = {},
  kernel: Partial<KernelFields> = {},
): RecordingDocument {
  const tally: KernelFields = {
    state,
    machineVersion: definition.version,
    version: 7,
    effects: [],
    history: [],
    dueAt: null,
    lastWrite: 'one:1',
    ...kernel,
  };
  return { ...buildInput(fields), tally };
}

/** The document that remains of a deleted recording. */
export function buildTombstone(fields: Partial<RecordingContext> = {}): RecordingDocument {
  const { schemaVersion, uid, roomId, tally } = buildDocument('deleted', fields);
  const identity = { schemaVersion, uid, roomId, liveKey: uid, startKey: uid, deletedAt: NOON + 70_000 };
  return { ...identity, tally } as RecordingDocument;
}

/** `second` seconds after `NOON`, in nanoseconds since the epoch. */
export function nanos(second: number): string {
  return `${String(NOON + second * 1_000)}000000`;
}

const SECOND_OF: Record<EgressStatus, number> = {
  STARTING: 0,
  ACTIVE: 5,
  ENDING: 60,
  COMPLETE: 62,
  FAILED: 62,
  ABORTED: 62,
  LIMIT_REACHED: 62,
};

/** LiveKit's snapshot of one egress at this status. A later status keeps the fields of the earlier ones. */
export function buildEgress(status: EgressStatus, fields: Partial<EgressObservation> = {}): EgressObservation {
  const second = SECOND_OF[status];
  const path = `recordings/${ROOM}--${UID}.mp4`;
  const hasFile = status === 'COMPLETE' || status === 'LIMIT_REACHED';
  const began = status === 'STARTING' ? {} : { startedAt: NOON + 4_000 };
  const ended = status === 'ENDING' || hasFile ? { endedAt: NOON + 60_000, duration: 56 } : {};
  const delivered = hasFile ? { size: 868, location: `/out/${path}` } : {};
  const failure =
    status === 'FAILED' || status === 'ABORTED'
      ? { error: 'Start signal not received', errorCode: 412, details: 'End reason: Failure' }
      : {};
  return {
    egressId: 'EG_1',
    roomName: ROOM,
    roomSid: 'RM_1',
    status,
    updatedAt: nanos(second),
    startedAt: NOON,
    ...(second === 62 ? { endedAt: NOON + 62_000 } : {}),
    file: { filename: path, ...(status === 'ABORTED' || status === 'FAILED' ? {} : { ...began, ...ended, ...delivered }) },
    ...failure,
    requestedPath: path,
    ...fields,
  };
}

export function observed(status: EgressStatus, fields: Partial<EgressObservation> = {}): RecordingEvent {
  return { type: 'egress.observed', egress: buildEgress(status, fields), at: NOON + 1_000, source: 'webhook' };
}

type WithoutOrigin<Event> = Event extends RecordingEvent ? Omit<Event, 'at' | 'source'> : never;

export function buildEvent(event: WithoutOrigin<RecordingEvent>): RecordingEvent {
  return { ...event, at: NOON + 1_000, source: 'test' };
}
