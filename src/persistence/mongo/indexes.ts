export const RECORDINGS = 'meetrecordings';
export const ROOMS = 'meetrooms';
export const API_KEYS = 'meetapikeys';
export const JOB_RUNS = 'meetjobruns';
export const SETTINGS = 'tallysettings';

type Keys = Record<string, 1 | -1>;
export interface Index {
  key: Keys;
  unique?: true;
  /** Set if the index contains only the documents that have the field. */
  only?: { name: string; partialFilterExpression: Record<string, { $exists: true }> };
}

/** Index for lists of recordings by status; `RECORDINGS_BY_ROOM` is the same within one room. */
export const RECORDINGS_BY_STATUS: Keys = { status: 1, startDate: -1, _id: -1 };
export const RECORDINGS_BY_ROOM: Keys = { roomId: 1, status: 1, startDate: -1, _id: -1 };
export const ROOMS_BY_STATUS: Keys = { status: 1, creationDate: -1, _id: -1 };
/** Index of the rooms in the order in which they expire. */
export const ROOMS_BY_EXPIRY: Keys = { autoDeletionDate: 1, roomId: 1 };

/** Indexes of every actor collection. They are not sparse: a document without the field is in the index with the value null. */
const OF_ACTORS: Index[] = ['tally.dueAt', 'tally.owing', 'tally.changedAt', 'tally.name'].map((field) => ({
  key: { [field]: 1 },
}));

/** Indexes that can be built before the documents have Tally's fields. */
export const COMMON_INDEXES: Record<string, Index[]> = {
  [RECORDINGS]: [
    { key: { recordingId: 1 }, unique: true },
    { key: { startDate: -1, _id: -1 } },
    { key: { roomId: 1, startDate: -1, _id: -1 } },
    { key: { roomName: 1, startDate: -1, _id: -1 } },
    { key: RECORDINGS_BY_STATUS },
    { key: { duration: -1, _id: -1 } },
    { key: { size: -1, _id: -1 } },
    { key: RECORDINGS_BY_ROOM },
    { key: { roomId: 1, uid: 1 } },
    { key: { 'tally.unsettled': 1 } },
    ...OF_ACTORS,
  ],
  [ROOMS]: [
    { key: { roomId: 1 }, unique: true },
    { key: { creationDate: -1, _id: -1 } },
    { key: { roomName: 1, creationDate: -1, _id: -1 } },
    { key: ROOMS_BY_STATUS },
    { key: { autoDeletionDate: 1 } },
    { key: ROOMS_BY_EXPIRY },
    ...OF_ACTORS,
  ],
  [API_KEYS]: [{ key: { key: 1 }, unique: true }],
  [JOB_RUNS]: [{ key: { name: 1 }, unique: true }],
  [SETTINGS]: [{ key: { key: 1 }, unique: true }],
};

/**
 * The unique fields of recordings, built when every document has them. Documents that OpenVidu Meet adds later lack them and are
 * not in these indexes: otherwise it could add only one. With `$type` in place of `$exists`, MongoDB scans the collection for a
 * value.
 */
export const UNIQUE_INDEXES: Record<string, Index[]> = { [RECORDINGS]: ['uid', 'liveKey', 'startKey'].map(uniqueIfPresent) };

function uniqueIfPresent(field: string): Index {
  return {
    key: { [field]: 1 },
    unique: true,
    only: { name: `${field}_1_if_present`, partialFilterExpression: { [field]: { $exists: true } } },
  };
}
