import { beforeAll, describe, expect, it } from 'vitest';
import { meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** Both the start and the end are only learned by reconciling, every 10 s. */
const reconcileTimeoutMs = 90_000;

describe('when no webhook ever arrives', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ webhooks: 'nowhere' });
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'a recording that is stopped becomes complete',
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
    'a recording whose room is deleted becomes complete',
    async () => {
      const { roomId } = await stack.openMeeting('No webhooks, deleted');
      const started = await stack.tally.startRecording(roomId);
      await stack.rooms.deleteRoom(roomId);
      expect((await outcomeOf(stack.tally, started.recordingId, 30_000)).status).toBe('complete');
    },
    reconcileTimeoutMs,
  );
});
