import { fileURLToPath } from 'node:url';
import { participantToken, startProcess, type RunningProcess } from '../../servers/index.js';

export { joinSilently } from '../../servers/index.js';

const script = fileURLToPath(new URL('participant.mjs', import.meta.url));

/** Lets a participant with picture and tone join. Each needs a different tone, because equal tones can cancel each other out. */
export async function joinMeeting(wsUrl: string, roomId: string, identity: string, toneHertz: number): Promise<RunningProcess> {
  return startProcess({
    name: `participant-${identity}`,
    file: process.execPath,
    args: [script, wsUrl, await participantToken(roomId, identity), String(toneHertz)],
    ready: (lines) => lines.includes('joined'),
  });
}
