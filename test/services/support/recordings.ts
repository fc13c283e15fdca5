import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { poll, runSettings } from '../../servers/index.js';
import type { Recording, TallyClient } from './tally-client.js';
import { inspectVideo, type VideoFacts } from './video.js';

/** Waits until the recording has settled. */
export function outcomeOf(tally: TallyClient, recordingId: string, timeoutMs: number): Promise<Recording> {
  return poll(`an outcome of ${recordingId}`, timeoutMs, async () => {
    const recording = await tally.getRecording(recordingId);
    return ['starting', 'active', 'ending'].includes(recording.status) ? undefined : recording;
  });
}

/** Downloads the media as a client does, and measures its picture and sound. */
export async function watchMedia(tally: TallyClient, recordingId: string): Promise<VideoFacts> {
  const response = await tally.media(recordingId);
  if (response.status !== 200) throw new Error(`media answered ${response.status}: ${await response.text()}`);
  const file = join(runSettings().dir, `${recordingId}.mp4`);
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  return inspectVideo(file);
}

/** Expects a moving picture and sound of this length. */
export function expectMeeting(video: VideoFacts, seconds: number): void {
  expect(video.kinds).toEqual(['audio', 'video']);
  expect(Math.abs(video.durationSeconds - seconds)).toBeLessThan(1);
  expect(Math.min(...video.brightness)).toBeGreaterThan(20);
  expect(Math.min(...video.motion)).toBeGreaterThan(0.5);
  expect(Math.min(...video.loudness)).toBeGreaterThan(500);
}

/** Lets a meeting go on for this long. No other helper waits for a fixed time. */
export function meetFor(seconds: number): Promise<void> {
  return delay(seconds * 1000);
}

/** Collects the statuses of a room's recording, in order, until `end` is called. */
export function followStatuses(tally: TallyClient, roomId: string): { end(): Promise<readonly string[]> } {
  const seen: string[] = [];
  const ending = new AbortController();
  const look = async () => {
    const status = (await tally.listRecordings(roomId))[0]?.status;
    if (status !== undefined && status !== seen.at(-1)) seen.push(status);
    return ending.signal.aborted;
  };
  // The status `ending` may last only some 80 ms, so the poll looks every 10 ms.
  const following = poll('the end of the following', 60_000, look, 10);
  return {
    async end() {
      ending.abort();
      await following;
      return seen;
    },
  };
}
