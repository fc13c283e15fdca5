import { beforeAll, describe, expect, it } from 'vitest';
import { meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** Everybody has to notice and to come back, the reconciling passes every 10 s, and the meeting goes on for a while. */
const restartTimeoutMs = 120_000;

describe('when LiveKit is killed and restarted while it records', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'the recording survives with its recorder',
    async () => {
      const { roomId } = await stack.openMeeting('Restarted');
      const { recordingId } = await stack.tally.startRecording(roomId);
      await meetFor(2);
      await stack.restartLiveKit();
      await meetFor(25); // more than two passes, and longer than a recorder may be missing
      expect((await stack.tally.getRecording(recordingId)).status).toBe('active');

      await stack.tally.stopRecording(recordingId);
      expect((await outcomeOf(stack.tally, recordingId, 20_000)).status).toBe('complete');
      const video = await watchMedia(stack.tally, recordingId);
      expect(video.durationSeconds).toBeGreaterThan(25);
      expect(Math.min(...video.motion.slice(-10))).toBeGreaterThan(0.5); // the picture came back
    },
    restartTimeoutMs,
  );
});
