import { beforeAll, describe, expect, it } from 'vitest';
import { meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** Time for all clients to reconnect, for reconcile passes every 10 s, and for the meeting to go on. */
const restartTimeoutMs = 120_000;

describe('a recording during which LiveKit is killed and restarted', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'stays active with its recorder, and completes with the picture until the end',
    async () => {
      const { roomId } = await stack.openMeeting('Restarted');
      const { recordingId } = await stack.tally.startRecording(roomId);
      await meetFor(2);
      await stack.restartLiveKit();
      await meetFor(25); // more than two reconcile passes, and longer than a recorder may be absent
      expect((await stack.tally.getRecording(recordingId)).status).toBe('active');

      await stack.tally.stopRecording(recordingId);
      expect((await outcomeOf(stack.tally, recordingId, 20_000)).status).toBe('complete');
      const video = await watchMedia(stack.tally, recordingId);
      expect(video.durationSeconds).toBeGreaterThan(25);
      expect(Math.min(...video.motion.slice(-10))).toBeGreaterThan(0.5); // the picture moves again at the end
    },
    restartTimeoutMs,
  );
});
