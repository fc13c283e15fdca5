import { AccessToken } from 'livekit-server-sdk';
import { fileURLToPath } from 'node:url';
import { liveKitKey, liveKitSecret, runSettings, startProcess, type RunningProcess } from '../../../scripts/services/index.mjs';

const script = fileURLToPath(new URL('participant.mjs', import.meta.url));

/** One more participant of a meeting, with picture and tone; different tones cannot cancel each other out. */
export async function joinMeeting(wsUrl: string, roomId: string, identity: string, toneHertz: number): Promise<RunningProcess> {
  return startProcess({
    name: `participant-${identity}`,
    file: process.execPath,
    args: [script, wsUrl, await token(roomId, identity), String(toneHertz)],
    ready: hasJoined,
  });
}

/** One participant in each of many meetings, all in one process, who neither shows nor says anything. */
export async function joinSilently(wsUrl: string, roomIds: readonly string[], identity: string): Promise<RunningProcess> {
  const tokens = await Promise.all(roomIds.map((roomId) => token(roomId, identity)));
  return startProcess({
    name: `silent-participants-${identity}`,
    file: runSettings().programs['egress-worker'] ?? '',
    args: ['-attend', '-ws-url', wsUrl, ...tokens],
    ready: hasJoined,
  });
}

function hasJoined(lines: readonly string[]): boolean {
  return lines.includes('joined');
}

function token(room: string, identity: string): Promise<string> {
  const access = new AccessToken(liveKitKey, liveKitSecret, { identity });
  access.addGrant({ roomJoin: true, room });
  return access.toJwt();
}
