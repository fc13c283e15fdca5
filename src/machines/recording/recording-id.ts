/** The three parts of a recording's public id. */
export interface RecordingIdParts {
  roomId: string;
  /** Absent until LiveKit has named the egress. */
  egressId?: string | undefined;
  uid: string;
}

export const SEPARATOR = '--';
export const PENDING_EGRESS_ID = 'EG_PENDING';

/** `{roomId}--{egressId}--{uid}`; the middle part is `EG_PENDING` until LiveKit has named the egress. */
export function formatRecordingId({ roomId, egressId = PENDING_EGRESS_ID, uid }: RecordingIdParts): string {
  return [roomId, egressId, uid].join(SEPARATOR);
}

/**
 * The parts of a recording id. A room id may itself contain `--`, so the id is read from its end.
 *
 * @returns undefined when the text has fewer than three parts, or an empty one
 */
export function parseRecordingId(text: string): (RecordingIdParts & { egressId: string }) | undefined {
  const parts = text.split(SEPARATOR);
  const [egressId, uid] = parts.slice(-2);
  const roomId = parts.slice(0, -2).join(SEPARATOR);
  return !roomId || !egressId || !uid ? undefined : { roomId, egressId, uid };
}
