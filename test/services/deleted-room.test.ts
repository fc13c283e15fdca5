import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../servers/index.js';
import { meetFor, outcomeOf, watchMedia } from './support/recordings.js';
import { startStack, type Stack } from './support/stack.js';

/** Time for a meeting, its end, and the delivery of the file. */
const meetingTimeoutMs = 60_000;

describe('a room that is deleted while its meeting is recorded', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack();
    await stack.startWorker();
    return () => stack.stop();
  });

  async function record(roomName: string, departureTimeoutSeconds = 1) {
    const { roomId, leave } = await stack.openMeeting(roomName, { departureTimeoutSeconds });
    await until(roomId, 'active_meeting');
    const { recordingId } = await stack.tally.startRecording(roomId);
    await meetFor(2);
    return { roomId, leave, recordingId };
  }

  /** @param shown the status of the room, or `gone` when Tally answers 404 */
  const until = (roomId: string, shown: 'active_meeting' | 'closed' | 'gone') =>
    poll(`the room is ${shown}`, 20_000, async () => {
      const { status, text } = await stack.tally.tryGetRoom(roomId);
      const found = status === 404 ? 'gone' : (JSON.parse(text) as { status: string }).status;
      return found === shown ? found : undefined;
    });

  const untilNothingIsLeft = (recordingId: string) =>
    poll('recording and file are gone', 20_000, async () => {
      const { status } = await stack.tally.media(recordingId);
      const files = await readdir(stack.mediaDir, { recursive: true });
      const uid = recordingId.split('--')[2] ?? '';
      return status === 404 && !files.some((file) => file.includes(uid) && file.endsWith('.mp4')) ? true : undefined;
    });

  const isMeeting = async (roomId: string) => (await stack.rooms.listRooms([roomId])).length > 0;

  it(
    'is removed at once with its meeting and its recording when both policies are force',
    async () => {
      const { roomId, recordingId } = await record('Forced');
      const answer = await stack.tally.deleteRoom(roomId, 'withMeeting=force&withRecordings=force');
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('"room_with_active_meeting_and_recordings_deleted"');
      await until(roomId, 'gone');
      expect(await isMeeting(roomId)).toBe(false);
      await untilNothingIsLeft(recordingId);
    },
    meetingTimeoutMs,
  );

  it(
    'is closed when the policy for recordings is close, and its recording is complete',
    async () => {
      const { roomId, recordingId } = await record('Closed');
      const answer = await stack.tally.deleteRoom(roomId, 'withMeeting=force&withRecordings=close');
      expect(answer.status).toBe(200);
      await until(roomId, 'closed');
      expect(await isMeeting(roomId)).toBe(false);
      expect((await outcomeOf(stack.tally, recordingId, 20_000)).status).toBe('complete');
      expect((await watchMedia(stack.tally, recordingId)).durationSeconds).toBeGreaterThan(1);
    },
    meetingTimeoutMs,
  );

  it(
    'is removed after all participants have left when the policy for the meeting is when_meeting_ends',
    async () => {
      const { roomId, recordingId, leave } = await record('Patient');
      const answer = await stack.tally.deleteRoom(roomId, 'withMeeting=when_meeting_ends&withRecordings=force');
      expect(answer.status).toBe(202);
      expect((await stack.tally.getRecording(recordingId)).status).toBe('active');
      await leave();
      await until(roomId, 'gone');
      await untilNothingIsLeft(recordingId);
    },
    meetingTimeoutMs,
  );
});
