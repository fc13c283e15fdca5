import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../servers/index.js';
import { outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** The absence of everything has to be seen twice, then the meeting ends and the file has to be found. */
const flushTimeoutMs = 120_000;

describe("when LiveKit's Redis forgets everything while it records", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ tallyEnv: { TALLY_RECORDER_GONE_MS: '5000' } });
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'nobody stops the healthy egress, and its file is not lost',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Flushed', { departureTimeoutSeconds: 2 });
      const { recordingId } = await stack.tally.startRecording(roomId);
      await stack.flushRedis();
      // From now on LiveKit lists neither the egress nor the room nor anybody in it, although all go on.
      expect((await outcomeOf(stack.tally, recordingId, 60_000)).status).toBe('failed');

      await leave();
      const found = await poll('the file is found', 30_000, async () => {
        const recording = await stack.tally.getRecording(recordingId);
        return recording.status === 'complete' ? recording : undefined;
      });
      expect(found['details']).toBe('End reason: Source closed');
      expect((await watchMedia(stack.tally, recordingId)).durationSeconds).toBeGreaterThan(5);
    },
    flushTimeoutMs,
  );
});
