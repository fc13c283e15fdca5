import { filenameOf, mediaKeyOf } from '../media-key.js';
import type { RecordingContext } from '../recording.js';

export interface NewRecording {
  uid: string;
  roomId: string;
  roomName: string;
  /** Epoch milliseconds. */
  at: number;
  /** Generates one access secret: 32 hexadecimal characters. */
  secret: () => string;
  startKey?: string | undefined;
  startDigest?: string | undefined;
  lockValue?: string;
  /** The instance that claims the StartEgress call; absent for an egress that already runs. */
  claimant?: string;
}

/** The initial context of a recording's actor. */
export function newRecording(wanted: NewRecording): RecordingContext {
  const { uid, roomId, roomName, at } = wanted;
  return {
    schemaVersion: 1,
    uid,
    roomId,
    roomName,
    filename: filenameOf(wanted),
    mediaKey: mediaKeyOf(wanted),
    accessSecrets: { public: wanted.secret(), private: wanted.secret() },
    createdAt: at,
    liveKey: roomId,
    startKey: wanted.startKey ?? uid,
    ...(wanted.startDigest === undefined ? {} : { startDigest: wanted.startDigest }),
    ...(wanted.lockValue === undefined ? {} : { lockValue: wanted.lockValue }),
    ...(wanted.claimant === undefined ? {} : { calledBy: wanted.claimant, calledAt: at }),
  };
}
