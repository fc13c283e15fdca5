import { beforeAll, describe, expect, it } from 'vitest';
import { meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** A browser has to start and to record, and Tally to start twice. */
const crashTimeoutMs = 60_000;

describe('when Tally is killed while it records', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'the recording goes on, and can be stopped after the restart',
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
    'an end that it missed is found after the restart',
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
