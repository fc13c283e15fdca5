import { AccessToken } from 'livekit-server-sdk';

import { liveKitKey, liveKitSecret } from './livekit.js';
import { type RunningProcess, startProcess } from './processes/process.js';
import { programPath } from './run-settings.js';

/** Lets one participant without picture and sound join each room, all in one process. */
export async function joinSilently(wsUrl: string, roomIds: readonly string[], identity: string): Promise<RunningProcess> {
  const tokens = await Promise.all(roomIds.map((roomId) => participantToken(roomId, identity)));
  return startProcess({
    name: `silent-participants-${identity}`,
    file: programPath('egress-worker'),
    args: ['-attend', '-ws-url', wsUrl, ...tokens],
    ready: (lines) => lines.includes('joined'),
  });
}

/** A token that lets a participant into a room. */
export function participantToken(room: string, identity: string): Promise<string> {
  const access = new AccessToken(liveKitKey, liveKitSecret, { identity });
  access.addGrant({ roomJoin: true, room });
  return access.toJwt();
}
