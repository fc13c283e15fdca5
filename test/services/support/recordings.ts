import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { poll, runSettings } from '../../servers/index.js';
import type { Recording, TallyClient } from './tally-client.js';
import { inspectVideo, type VideoFacts } from './video.js';

/** Wait until the recording has an outcome: complete, failed or aborted. */
export function outcomeOf(tally: TallyClient, recordingId: string, timeoutMs: number): Promise<Recording> {
  return poll(`an outcome of ${recordingId}`, timeoutMs, async () => {
    const recording = await tally.getRecording(recordingId);
    return ['starting', 'active', 'ending'].includes(recording.status) ? undefined : recording;
  });
}

/** Fetch the media as a client does, store it and measure it. */
export async function watchMedia(tally: TallyClient, recordingId: string): Promise<VideoFacts> {
  const response = await tally.media(recordingId);
  if (response.status !== 200) throw new Error(`media answered ${response.status}: ${await response.text()}`);
  const file = join(runSettings().dir, `${recordingId}.mp4`);
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return inspectVideo(file);
}

/** Expect a moving picture and sound for so many seconds. */
export function expectMeeting(video: VideoFacts, seconds: number): void {
  expect(video.kinds).toEqual(['audio', 'video']);
  expect(Math.abs(video.durationSeconds - seconds)).toBeLessThan(1);
  expect(Math.min(...video.brightness)).toBeGreaterThan(20);
  expect(Math.min(...video.motion)).toBeGreaterThan(0.5);
  expect(Math.min(...video.loudness)).toBeGreaterThan(500);
}

/** Let a meeting last for a while. The tests wait for a fixed time nowhere else. */
export function meetFor(seconds: number): Promise<void> {
  return delay(seconds * 1000);
}

/** Collect the statuses of a room's recording, in order, until `end` is called. */
export function followStatuses(tally: TallyClient, roomId: string): { end(): Promise<readonly string[]> } {
  const seen: string[] = [];
  const ending = new AbortController();
  const look = async () => {
    const status = (await tally.listRecordings(roomId))[0]?.status;
    if (status !== undefined && status !== seen.at(-1)) seen.push(status);
    return ending.signal.aborted;
  };
  // `ending` may last only some 80 ms.
  const following = poll('the end of the following', 60_000, look, 10);
  return {
    async end() {
      ending.abort();
      await following;
      return seen;
    },
  };
}
