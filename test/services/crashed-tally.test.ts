import { beforeAll, describe, expect, it } from 'vitest';
import { meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** Time for the browser of the egress worker to start and record, and for two starts of Tally. */
const crashTimeoutMs = 60_000;

describe('a recording during which Tally is killed', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'is still active after the restart of Tally, and can be stopped',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Crashed');
      const { recordingId } = await stack.tally.startRecording(roomId);
      await stack.crashTally();
      await stack.restartTally();
      expect((await stack.tally.getRecording(recordingId)).status).toBe('active');
      expect((await stack.tally.tryStart(roomId)).status).toBe(409);
      await meetFor(2);
      await stack.tally.stopRecording(recordingId);
      expect((await outcomeOf(stack.tally, recordingId, 20_000)).status).toBe('complete');
      await leave();
    },
    crashTimeoutMs,
  );

  it(
    'is complete after the restart of Tally when its meeting ended meanwhile',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Missed');
      const { recordingId } = await stack.tally.startRecording(roomId);
      await meetFor(3);
      await stack.crashTally();
      await stack.rooms.deleteRoom(roomId);
      await leave();
      await stack.restartTally();
      expect((await outcomeOf(stack.tally, recordingId, 20_000)).status).toBe('complete');
      expect((await watchMedia(stack.tally, recordingId)).durationSeconds).toBeGreaterThan(2);
    },
    crashTimeoutMs,
  );
});
