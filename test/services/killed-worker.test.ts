import { beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/**
 * LiveKit keeps the dead recorder in the room for 20 s. Tally must then see its absence twice, and StopEgress takes 3 s
 * to fail. After that a new recording starts and ends.
 */
const deathTimeoutMs = 120_000;

describe('a recording whose egress worker is killed', () => {
  let stack: Stack;

  beforeAll(async () => {
    // The two looks are 5 s apart instead of 20 s. LiveKit's own 20 s and the rest of the proof stay unchanged.
    stack = await startStack({ tallyEnv: { TALLY_RECORDER_GONE_MS: '5000' } });
    return () => stack.stop();
  });

  it(
    'fails, and another worker can record its room',
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
