import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../servers/index.js';
import { outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** Time for two looks at LiveKit that find nothing, for the end of the meeting, and for the search of the file. */
const flushTimeoutMs = 120_000;

describe("a recording during which LiveKit's Redis loses all its data", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ tallyEnv: { TALLY_RECORDER_GONE_MS: '5000' } });
    await stack.startWorker();
    return () => stack.stop();
  });

  it(
    'fails first, and becomes complete when its egress, which still runs, delivers the file',
    async () => {
      const { roomId, leave } = await stack.openMeeting('Flushed', { departureTimeoutSeconds: 2 });
      const { recordingId } = await stack.tally.startRecording(roomId);
      await stack.flushRedis();
      // From now on LiveKit lists neither the egress nor the room nor its participants, although all of them still run.
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
