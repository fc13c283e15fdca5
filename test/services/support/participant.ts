import { AccessToken } from 'livekit-server-sdk';
import { fileURLToPath } from 'node:url';
import { liveKitKey, liveKitSecret, startProcess, type RunningProcess } from '../../../scripts/services/index.mjs';

const script = fileURLToPath(new URL('participant.mjs', import.meta.url));

/** One more participant of a meeting, in a process of its own; different tones cannot cancel each other out. */
export function joinMeeting(wsUrl: string, roomId: string, identity: string, toneHertz: number): Promise<RunningProcess> {
  return join(identity, [wsUrl], [roomId], { TONE_HERTZ: String(toneHertz) });
}

/** One participant in each of many meetings, all in one process, who neither shows nor says anything. */
export function joinSilently(wsUrl: string, roomIds: readonly string[], identity: string): Promise<RunningProcess> {
  return join(identity, [wsUrl, '--silent'], roomIds);
}

async function join(identity: string, args: readonly string[], roomIds: readonly string[], env = {}): Promise<RunningProcess> {
  const tokens = await Promise.all(roomIds.map((roomId) => token(roomId, identity)));
  return startProcess({
    name: `participant-${identity}`,
    file: process.execPath,
    args: [script, ...args, ...tokens],
    env,
    ready: (lines) => lines.includes('joined'),
  });
}

function token(room: string, identity: string): Promise<string> {
  const access = new AccessToken(liveKitKey, liveKitSecret, { identity });
  access.addGrant({ roomJoin: true, room });
  return access.toJwt();
}
