import type { EgressObservation } from '../ports/egress-gateway.js';
import type { MediaStore } from '../ports/media.js';
import { mediaKeyOf, uidOfPath } from '../recording/media-key.js';
import type { RecordingStore } from '../recording/recording-store.js';
import { isUnsettled } from '../recording/recording.js';
import type { RoomStore } from '../room/room-store.js';

/**
 * Whose a running egress is: another program's, an unsettled recording's, ours although its recording is over or has another
 * egress, or ours although there is no recording.
 */
export type Claim = 'foreign' | 'owned' | 'stray' | 'unknown';

export interface ClaimOptions {
  store: Pick<RecordingStore, 'load'>;
  rooms: Pick<RoomStore, 'load'>;
  media: Pick<MediaStore, 'egressPath'>;
  /** The `createdBy` mark in the metadata of LiveKit rooms that are ours. */
  nameId: string;
}

/**
 * An egress is ours if it carries a uid that we have a record of, or exactly the path that we would give it in a room of ours.
 *
 * @param metadata of its LiveKit room, '' when none
 * @throws StoreUnavailableError retryable
 */
export async function claimOn(options: ClaimOptions, egress: EgressObservation, metadata: string): Promise<Claim> {
  const { store, rooms, media, nameId } = options;
  const uid = uidOfPath(egress.requestedPath);
  if (uid === undefined) return 'foreign';
  const recording = await store.load(uid);
  if (recording !== undefined) {
    if (recording.roomId !== egress.roomName) return 'foreign';
    const owns = recording.egressId === undefined || recording.egressId === egress.egressId;
    return owns && isUnsettled(recording) ? 'owned' : 'stray';
  }
  const path = media.egressPath(mediaKeyOf({ roomId: egress.roomName, uid }));
  if (egress.requestedPath !== path || !isMarked(metadata, nameId)) return 'foreign';
  return (await rooms.load(egress.roomName)) === undefined ? 'foreign' : 'unknown';
}

/** A room without metadata may be ours; metadata without our mark is another program's. */
function isMarked(metadata: string, nameId: string): boolean {
  if (metadata === '') return true;
  try {
    return (JSON.parse(metadata) as { createdBy?: unknown } | null)?.createdBy === nameId;
  } catch {
    return false; // not JSON, so not ours
  }
}
