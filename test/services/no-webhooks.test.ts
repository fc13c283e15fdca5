import { beforeAll, describe, expect, it } from 'vitest';
import { meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** Tally learns of both the start and the end only by reconciling, every 10 s. */
const reconcileTimeoutMs = 90_000;

describe('a recording on a LiveKit whose webhooks never arrive', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ webhooks: 'nowhere' });
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'becomes complete when a client stops it',
    async () => {
      const { roomId } = await stack.openMeeting('No webhooks');
      const started = await stack.tally.startRecording(roomId);
      await meetFor(3);
      await stack.tally.stopRecording(started.recordingId);
      expect((await outcomeOf(stack.tally, started.recordingId, 30_000)).status).toBe('complete');
      expect((await watchMedia(stack.tally, started.recordingId)).durationSeconds).toBeGreaterThan(2);
    },
    reconcileTimeoutMs,
  );

  it(
    'becomes complete when its LiveKit room is deleted',
    async () => {
      const { roomId } = await stack.openMeeting('No webhooks, deleted');
      const started = await stack.tally.startRecording(roomId);
      await stack.rooms.deleteRoom(roomId);
      expect((await outcomeOf(stack.tally, started.recordingId, 30_000)).status).toBe('complete');
    },
    reconcileTimeoutMs,
  );
});
