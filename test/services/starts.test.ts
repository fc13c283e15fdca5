import { EgressStatus } from 'livekit-server-sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { poll, type RunningProcess } from '../servers/index.js';
import { joinSilently } from './support/participant.js';
import { outcomeOf } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

const rivals = 20;
/** Time for the start of a participant's process, and for a stop, which takes LiveKit up to 3 s. */
const startTimeoutMs = 60_000;

/** Creates a room in Tally with one silent participant. */
async function openQuietMeeting(stack: Stack, roomName: string): Promise<string> {
  const roomId = await stack.tally.createRoom(roomName);
  stack.own(await joinSilently(stack.wsUrl, [roomId], 'ann'));
  return roomId;
}

describe('Tally on a real LiveKit', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker({ media: false, capacity: rivals, activeAfterMs: 500 });
    return () => stack.stop();
  });

  it(
    'accepts one of twenty concurrent starts in a room, and starts only one egress',
    async () => {
      const roomId = await openQuietMeeting(stack, 'Rivals');
      const answers = await Promise.all(Array.from({ length: rivals }, () => stack.tally.tryStart(roomId)));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([201, ...Array.from({ length: rivals - 1 }, () => 409)]);
      expect(await stack.egress.listEgress({ roomName: roomId })).toHaveLength(1);
    },
    startTimeoutMs,
  );

  it(
    'refuses to record an empty room, and starts no egress',
    async () => {
      const roomId = await stack.tally.createRoom('Nobody');
      expect((await stack.tally.tryStart(roomId)).status).toBe(409);
      expect(await stack.egress.listEgress({ roomName: roomId })).toEqual([]);
    },
    startTimeoutMs,
  );
});

describe('a start that takes too long on a real LiveKit', () => {
  const deadlineMs = 6_000;
  let stack: Stack;
  let slowWorker: RunningProcess;

  beforeAll(async () => {
    stack = await startStack({ tallyEnv: { TALLY_START_TIMEOUT_MS: String(deadlineMs) } });
    slowWorker = await stack.startWorker({ media: false, activeAfterMs: 60_000 });
    return () => stack.stop();
  });

  async function egressStatuses(roomId: string): Promise<readonly EgressStatus[]> {
    return (await stack.egress.listEgress({ roomName: roomId })).map(({ status }) => status);
  }

  it(
    'is aborted by a stop',
    async () => {
      const roomId = await openQuietMeeting(stack, 'Stopped early');
      const start = stack.tally.tryStart(roomId);
      const { recordingId } = await poll('it is listed', 5_000, async () => (await stack.tally.listRecordings(roomId))[0]);
      expect((await stack.tally.tryStop(recordingId)).status).toBe(409);
      expect((await start).status).toBe(503);
      expect((await outcomeOf(stack.tally, recordingId, 10_000)).status).toBe('aborted');
      expect(await egressStatuses(roomId)).toEqual([EgressStatus.EGRESS_ABORTED]);
    },
    startTimeoutMs,
  );

  it(
    'is answered 503 at the deadline, its egress is aborted, and the room is free',
    async () => {
      const roomId = await openQuietMeeting(stack, 'Too slow');
      expect((await stack.tally.tryStart(roomId)).status).toBe(503);
      await poll('its egress is over', 10_000, async () => (await egressStatuses(roomId))[0] === EgressStatus.EGRESS_ABORTED);

      await slowWorker.stop();
      await stack.startWorker({ media: false });
      const next = await poll('the room is free', 10_000, async () => {
        const answer = await stack.tally.tryStart(roomId);
        return answer.status === 409 ? undefined : answer;
      });
      expect(next.status).toBe(201);
      expect(await egressStatuses(roomId)).toHaveLength(2);
    },
    startTimeoutMs,
  );
});
