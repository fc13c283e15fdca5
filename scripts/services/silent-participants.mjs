import { AccessToken } from 'livekit-server-sdk';
import { liveKitKey, liveKitSecret } from './livekit.mjs';
import { runSettings, startProcess } from './process.mjs';

/** One participant in each of many meetings, all in one process, who neither shows nor says anything. */
export async function joinSilently(wsUrl, roomIds, identity) {
  const tokens = await Promise.all(roomIds.map((roomId) => participantToken(roomId, identity)));
  return startProcess({
    name: `silent-participants-${identity}`,
    file: runSettings().programs['egress-worker'],
    args: ['-attend', '-ws-url', wsUrl, ...tokens],
    ready: (lines) => lines.includes('joined'),
  });
}

/** What lets a participant into a room. */
export function participantToken(room, identity) {
  const access = new AccessToken(liveKitKey, liveKitSecret, { identity });
  access.addGrant({ roomJoin: true, room });
  return access.toJwt();
}
