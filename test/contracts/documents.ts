import type { ActorDocument, KernelFields, PendingEffect } from '../../src/machines/kernel/document.js';
import {
  LISTED_FIELDS,
  type ListedRecording,
  type RecordingContext,
  type RecordingDocument,
} from '../../src/machines/recording/recording.js';
import type { RoomContext, RoomDocument } from '../../src/machines/room/room.js';

export type DocumentChanges<Context> = Partial<Context> & { tally?: Partial<KernelFields> };

/** A live, active recording in a room of its own, at version 1, without pending effects. */
export function buildRecording(uid: string, changes: DocumentChanges<RecordingContext> = {}): RecordingDocument {
  const roomId = changes.roomId ?? `room-of-${uid}`;
  const { tally, ...context } = changes;
  return {
    schemaVersion: 1,
    uid,
    roomId,
    roomName: 'Weekly',
    filename: `${roomId}--${uid}.mp4`,
    mediaKey: `recordings/${roomId}/${roomId}--${uid}.mp4`,
    accessSecrets: { public: '0123456789', private: '9876543210' },
    createdAt: 1_767_225_600_000,
    liveKey: roomId,
    startKey: uid,
    egressId: `EG_${uid}`,
    startDate: 1_767_225_601_000.25,
    ...context,
    tally: buildKernelFields({ state: 'active', ...tally }),
  };
}

/** A settled recording that has freed its room: complete, unless `changes` gives another state. */
export function buildSettled(uid: string, changes: DocumentChanges<RecordingContext> = {}): RecordingDocument {
  return buildRecording(uid, { liveKey: uid, ...changes, tally: { state: 'complete', ...changes.tally } });
}

/** A recording without an egress id, because LiveKit has not answered its start yet. */
export function buildUnnamed(uid: string, changes: DocumentChanges<RecordingContext> = {}): RecordingDocument {
  const { egressId: _unknown, ...recording } = buildRecording(uid, { tally: { state: { starting: 'requesting' } }, ...changes });
  return recording;
}

/** A recording without a start date. */
export function buildUndated(uid: string, changes: DocumentChanges<RecordingContext> = {}): RecordingDocument {
  const { startDate: _unknown, ...recording } = buildRecording(uid, changes);
  return recording;
}

/** An open room at version 1, without pending effects. */
export function buildRoom(roomId: string, changes: DocumentChanges<RoomContext> = {}): RoomDocument {
  const { tally, ...context } = changes;
  return {
    schemaVersion: 1,
    roomId,
    roomName: 'Weekly',
    creationDate: 1_767_225_600_000,
    config: { chat: { enabled: true }, recording: { enabled: true }, virtualBackground: { enabled: true } },
    moderatorUrl: `/room/${roomId}?secret=0123456789`,
    speakerUrl: `/room/${roomId}?secret=9876543210`,
    meetingEndAction: 'none',
    ...context,
    tally: buildKernelFields({ state: 'open', ...tally }),
  };
}

export function buildEffect(key: string, changes: Partial<PendingEffect> = {}): PendingEffect {
  return { key, name: key, params: {}, since: 1, attempts: 0, notBefore: 0, leaseUntil: 0, leasedBy: 'test', ...changes };
}

/** The next version of a document, with these changes. */
export function nextOf<Document extends ActorDocument<object>>(
  document: Document,
  { tally, ...context }: Partial<Omit<Document, 'tally'>> & { tally?: Partial<KernelFields> } = {},
): Document {
  return withTally({ ...document, ...context }, tally);
}

/** The next version of a document, with these changes of its kernel fields. */
export function withTally<Document extends ActorDocument<object>>(
  document: Document,
  tally: Partial<KernelFields> = {},
): Document {
  const version = document.tally.version + 1;
  return { ...document, tally: { ...document.tally, version, lastWrite: `write-${version}`, ...tally } };
}

function buildKernelFields(changes: Partial<KernelFields>): KernelFields {
  return {
    state: 'active',
    machineVersion: 1,
    version: 1,
    effects: [],
    history: [{ at: 1_767_225_600_000, from: 'starting', to: 'active', event: 'start', source: 'rest', instance: 'test' }],
    dueAt: null,
    lastWrite: 'write-1',
    ...changes,
  };
}

/** The fields that every store must return in a list of recordings; a store may return more. */
export function asListed(recording: ListedRecording): object {
  return { state: recording.tally.state, ...Object.fromEntries(LISTED_FIELDS.map((field) => [field, recording[field]])) };
}
