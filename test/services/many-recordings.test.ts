import { beforeAll, describe, expect, it } from 'vitest';
import { joinSilently } from './support/participant.js';
import { outcomeOf } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

const meetings = 100;
/** Time for a hundred participants and a hundred recorders to connect to one LiveKit on a small machine. */
const manyTimeoutMs = 90_000;

describe('one hundred meetings on a real LiveKit, with an egress worker that captures nothing,', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker({ media: false, capacity: meetings });
    return () => stack.stop();
  });

  it(
    'are recorded at the same time, once each, and every recording completes',
    async () => {
      const roomIds = await Promise.all(Array.from({ length: meetings }, (_, index) => stack.tally.createRoom(`Many ${index}`)));
      stack.own(await joinSilently(stack.wsUrl, roomIds, 'ann'));
      const started = await Promise.all(roomIds.map((roomId) => stack.tally.startRecording(roomId)));
      expect(new Set(started.map(({ status }) => status))).toEqual(new Set(['active']));
      const repeated = await Promise.all(roomIds.map((roomId) => stack.tally.tryStart(roomId)));
      expect(new Set(repeated.map(({ status }) => status))).toEqual(new Set([409]));

      await Promise.all(started.map(({ recordingId }) => stack.tally.stopRecording(recordingId)));
      const ended = await Promise.all(started.map(({ recordingId }) => outcomeOf(stack.tally, recordingId, 30_000)));
      expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['complete']));
    },
    manyTimeoutMs,
  );
});
