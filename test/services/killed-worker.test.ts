import { beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/**
 * LiveKit keeps the dead recorder in the room for 20 s, its absence must then be seen twice, and StopEgress takes 3 s
 * to fail; after that a new recording starts and ends.
 */
const deathTimeoutMs = 120_000;

describe('when the egress worker is killed while it records', () => {
  let stack: Stack;

  beforeAll(async () => {
    // Two looks 5 s apart instead of 20: LiveKit's own 20 s, the facts looked at and the proof stay what they are.
    stack = await startStack({ tallyEnv: { TALLY_RECORDER_GONE_MS: '5000' } });
    return () => stack.stop();
  });

  it(
    'the recording fails, and the room can be recorded by another worker',
    async () => {
      const worker = await stack.startWorker();
      const { roomId } = await stack.openMeeting('Killed');
      const lost = await stack.tally.startRecording(roomId);
      await worker.kill();
      expect((await outcomeOf(stack.tally, lost.recordingId, 60_000)).status).toBe('failed');

      await stack.startWorker();
      const next = await stack.tally.startRecording(roomId);
      expect(next.status).toBe('active');
      await stack.tally.stopRecording(next.recordingId);
      expect((await outcomeOf(stack.tally, next.recordingId, 20_000)).status).toBe('complete');
      expect((await stack.tally.getRecording(lost.recordingId)).status).toBe('failed');
    },
    deathTimeoutMs,
  );
});
