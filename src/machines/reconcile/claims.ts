import type { EgressObservation } from '../ports/egress-gateway.js';
import type { MediaStore } from '../ports/media.js';
import { mediaKeyOf, uidOfPath } from '../recording/media-key.js';
import type { RecordingStore } from '../recording/recording-store.js';
import { isUnsettled } from '../recording/recording.js';
import type { RoomStore } from '../room/room-store.js';

/**
 * The owner of a running egress. `foreign`: another program; `owned`: an unsettled recording; `stray`: ours, but its recording is
 * over or has another egress; `unknown`: ours, but its recording does not exist.
 */
export type Claim = 'foreign' | 'owned' | 'stray' | 'unknown';

export interface ClaimOptions {
  store: Pick<RecordingStore, 'load'>;
  rooms: Pick<RoomStore, 'load'>;
  media: Pick<MediaStore, 'egressPath'>;
  /** Value of `createdBy` in the metadata of LiveKit rooms that are ours. */
  nameId: string;
}

/**
 * An egress is ours if its path contains the uid of a stored recording, or is the path that Tally would choose in our room.
 *
 * @param metadata metadata of the egress's LiveKit room, '' when none
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

/** Whether a LiveKit room may be ours: it has no metadata, or its metadata contains our `createdBy`. */
function isMarked(metadata: string, nameId: string): boolean {
  if (metadata === '') return true;
  try {
    return (JSON.parse(metadata) as { createdBy?: unknown } | null)?.createdBy === nameId;
  } catch {
    return false; // not JSON, so not ours
  }
}
