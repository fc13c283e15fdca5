import { beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** LiveKit searches for a worker for 18 to 27 s before it reports none; after that a browser starts. */
const noWorkerTimeoutMs = 90_000;

describe('a start on a LiveKit without an egress worker', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    return () => stack.stop();
  });

  it(
    'is answered 503, and the room can be recorded as soon as a worker runs',
    async () => {
      const { roomId } = await stack.openMeeting('No worker');
      expect((await stack.tally.tryStart(roomId)).status).toBe(503);
      expect(await stack.tally.listRecordings(roomId)).toEqual([]);

      await stack.startWorker();
      const started = await stack.tally.startRecording(roomId);
      expect(started.status).toBe('active');
      await stack.tally.stopRecording(started.recordingId);
      expect((await outcomeOf(stack.tally, started.recordingId, 20_000)).status).toBe('complete');
    },
    noWorkerTimeoutMs,
  );
});
