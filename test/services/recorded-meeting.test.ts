import { beforeAll, describe, expect, it } from 'vitest';
import { expectMeeting, followStatuses, meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

const recordedSeconds = 10;
/** Time for the start of a browser, 10 s of recording, and two decodings of the file. */
const recordingTimeoutMs = 60_000;

describe('the recording of a real meeting on a real LiveKit, by our stand-in for the egress worker,', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'has the picture, the sound and the length of the meeting',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Recorded');
      const statuses = followStatuses(stack.tally, roomId);
      const started = await stack.tally.startRecording(roomId);
      expect(started.status).toBe('active');
      await meetFor(recordedSeconds);
      await stack.tally.stopRecording(started.recordingId);

      const ended = await outcomeOf(stack.tally, started.recordingId, 20_000);
      expect(ended.status).toBe('complete');
      expect(await statuses.end()).toEqual(['starting', 'active', 'ending', 'complete']);
      expect(ended.size).toBeGreaterThan(10_000);

      const video = await watchMedia(stack.tally, started.recordingId);
      expect(Math.abs(video.durationSeconds - (ended.duration ?? 0))).toBeLessThan(1);
      expectMeeting(video, recordedSeconds);
      await leave();
    },
    recordingTimeoutMs,
  );

  it(
    'is served in ranges, and its media answers 404 after its deletion',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Ranges');
      const { recordingId } = await stack.tally.startRecording(roomId);
      await stack.tally.stopRecording(recordingId);
      const { status, size = 0 } = await outcomeOf(stack.tally, recordingId, 20_000);
      expect(status).toBe('complete');

      const part = await stack.tally.media(recordingId, 'bytes=4-7');
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes 4-7/${size}`);
      expect(await part.text()).toBe('ftyp');

      expect((await stack.tally.deleteRecording(recordingId)).status).toBe(200);
      expect((await stack.tally.media(recordingId)).status).toBe(404);
      await leave();
    },
    recordingTimeoutMs,
  );

  it(
    'completes when its LiveKit room is deleted',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Deleted');
      const started = await stack.tally.startRecording(roomId);
      await meetFor(3);
      await stack.rooms.deleteRoom(roomId);

      const ended = await outcomeOf(stack.tally, started.recordingId, 20_000);
      expect(ended.status).toBe('complete');
      expect((await watchMedia(stack.tally, started.recordingId)).durationSeconds).toBeGreaterThan(2);
      await leave();
    },
    recordingTimeoutMs,
  );

  it(
    'completes when all participants leave',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Left', { departureTimeoutSeconds: 2 });
      const started = await stack.tally.startRecording(roomId);
      await meetFor(3);
      await leave();

      const ended = await outcomeOf(stack.tally, started.recordingId, 20_000);
      expect(ended.status).toBe('complete');
      expect((await watchMedia(stack.tally, started.recordingId)).durationSeconds).toBeGreaterThan(2);
    },
    recordingTimeoutMs,
  );
});
