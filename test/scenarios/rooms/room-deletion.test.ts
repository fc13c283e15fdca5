import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { systemClock } from '../../../src/clock.js';
import type { RoomView } from '../../../src/http/rooms/room.presenter.js';
import { deleteExpiredRooms } from '../../../src/jobs/expired-rooms.job.js';
import { type AppOnSimulator, startAppOnSimulator } from '../../support/apps/app-on-simulator.js';
import { eventually } from '../../support/eventually.js';
import { silentLog } from '../../support/silent-log.js';

/** Of a room, its status and what happens to it after its meeting, undefined when it is gone; and the status of its recording. */
type End = [room: string | undefined, recording?: string | undefined];

interface Situation {
  meeting: boolean;
  recording?: 'live' | 'complete';
}

const SITUATIONS = {
  idle: { meeting: false },
  'in a meeting': { meeting: true },
  'recorded and idle': { meeting: false, recording: 'complete' },
  'recorded and in a meeting': { meeting: true, recording: 'complete' },
  'being recorded': { meeting: true, recording: 'live' },
} as const satisfies Record<string, Situation>;

const FORCE = 'force';
const LATER = 'when_meeting_ends';
const CLOSE = 'close';
const FAIL = 'fail';
const MEETING = 'active_meeting/none';

describe('the deletion', () => {
  let tally: AppOnSimulator;

  beforeAll(async () => {
    tally = await startAppOnSimulator({ speed: 50, env: { TALLY_MIN_AUTO_DELETION_LEAD_MS: '0' } });
  });
  afterAll(() => tally.close());

  async function arrange(situation: keyof typeof SITUATIONS, more: object = {}) {
    const { meeting, recording }: Situation = SITUATIONS[situation];
    const { api, simulator } = tally;
    const roomId = await api.createRoom('Planning', more);
    if (meeting || recording !== undefined) {
      await simulator.join(roomId);
      await until(roomId, MEETING);
    }
    const recordingId = recording === undefined ? undefined : (await api.start(roomId)).body.recordingId;
    if (recordingId !== undefined && recording === 'complete') {
      await api.stop(recordingId);
      await api.outcome(recordingId);
    }
    if (!meeting && recording !== undefined) await endMeeting(roomId, 'open/none');
    return { roomId, recordingId };
  }

  async function roomOf(roomId: string): Promise<string | undefined> {
    const { status, body } = await tally.api.call<RoomView>('GET', `/rooms/${roomId}`);
    return status === 404 ? undefined : `${String(body.status)}/${body.meetingEndAction}`;
  }

  const until = (roomId: string, room: string | undefined) =>
    eventually(
      `the room is ${String(room)}`,
      () => roomOf(roomId),
      (found) => found === room,
    );

  async function endMeeting(roomId: string, room: string | undefined): Promise<void> {
    await tally.simulator.deleteRoom(roomId);
    await until(roomId, room);
  }

  const recordingOf = async (recordingId: string) => {
    const { status, body } = await tally.api.get(recordingId);
    return status === 404 ? undefined : body.status;
  };

  async function expectEnd({ roomId, recordingId }: { roomId: string; recordingId: string | undefined }, end: End) {
    const [room, recording] = end;
    await until(roomId, room);
    if (recordingId === undefined) return;
    await eventually(
      `its recording is ${String(recording)}`,
      () => recordingOf(recordingId),
      (found) => found === recording,
    );
  }

  it.each<[keyof typeof SITUATIONS, string, string, number, string, End]>([
    ['idle', FAIL, FAIL, 200, 'room_deleted', [undefined]],
    ['in a meeting', FORCE, FAIL, 200, 'room_with_active_meeting_deleted', [undefined]],
    ['in a meeting', LATER, FAIL, 202, 'room_with_active_meeting_scheduled_to_be_deleted', [undefined]],
    ['in a meeting', FAIL, FORCE, 409, 'room_has_active_meeting', [MEETING]],
    ['recorded and idle', FAIL, FORCE, 200, 'room_and_recordings_deleted', [undefined, undefined]],
    ['recorded and idle', FAIL, CLOSE, 200, 'room_closed', ['closed/none', 'complete']],
    ['recorded and idle', FORCE, FAIL, 409, 'room_has_recordings', ['open/none', 'complete']],
    ['recorded and in a meeting', FORCE, FORCE, 200, 'room_with_active_meeting_and_recordings_deleted', [undefined, undefined]],
    ['recorded and in a meeting', FORCE, CLOSE, 200, 'room_with_active_meeting_closed', ['closed/none', 'complete']],
    ['recorded and in a meeting', FORCE, FAIL, 409, 'room_with_active_meeting_has_recordings', [MEETING, 'complete']],
    [
      'recorded and in a meeting',
      LATER,
      FORCE,
      202,
      'room_with_active_meeting_and_recordings_scheduled_to_be_deleted',
      [undefined, undefined],
    ],
    [
      'recorded and in a meeting',
      LATER,
      CLOSE,
      202,
      'room_with_active_meeting_scheduled_to_be_closed',
      ['closed/none', 'complete'],
    ],
    [
      'recorded and in a meeting',
      LATER,
      FAIL,
      409,
      'room_with_active_meeting_has_recordings_cannot_schedule_deletion',
      [MEETING, 'complete'],
    ],
    ['recorded and in a meeting', FAIL, FORCE, 409, 'room_with_recordings_has_active_meeting', [MEETING, 'complete']],
    ['being recorded', FORCE, FORCE, 200, 'room_with_active_meeting_and_recordings_deleted', [undefined, undefined]],
    ['being recorded', FORCE, CLOSE, 200, 'room_with_active_meeting_closed', ['closed/none', 'complete']],
    [
      'being recorded',
      LATER,
      FORCE,
      202,
      'room_with_active_meeting_and_recordings_scheduled_to_be_deleted',
      [undefined, undefined],
    ],
    ['being recorded', LATER, CLOSE, 202, 'room_with_active_meeting_scheduled_to_be_closed', ['closed/none', 'complete']],
    ['being recorded', FAIL, FORCE, 409, 'room_with_recordings_has_active_meeting', [MEETING, 'active']],
  ])(
    'of a room that is %s, with withMeeting=%s and withRecordings=%s, is answered %i %s',
    async (situation, withMeeting, withRecordings, status, code, end) => {
      const arranged = await arrange(situation);
      const { roomId } = arranged;
      const answer = await tally.api.call<{ successCode?: string; error?: string; room?: RoomView }>(
        'DELETE',
        `/rooms/${roomId}?withMeeting=${withMeeting}&withRecordings=${withRecordings}`,
      );
      expect([answer.status, answer.body.successCode ?? answer.body.error]).toEqual([status, code]);
      const isShown = status === 202 || code.endsWith('closed');
      expect(answer.body.room?.roomId).toBe(isShown ? roomId : undefined);
      if (status === 202) {
        const action = code.endsWith('closed') ? 'close' : 'delete';
        expect(answer.body.room).toMatchObject({ status: 'active_meeting', meetingEndAction: action });
        expect(await roomOf(roomId)).toBe(`active_meeting/${action}`);
        await endMeeting(roomId, end[0]);
      }
      await expectEnd(arranged, end);
    },
  );

  it.each<[keyof typeof SITUATIONS, string, string, End, End]>([
    ['being recorded', FORCE, CLOSE, ['closed/none', 'complete'], ['closed/none', 'complete']],
    ['being recorded', LATER, FORCE, ['active_meeting/delete', 'active'], [undefined, undefined]],
    ['being recorded', LATER, CLOSE, ['active_meeting/close', 'active'], ['closed/none', 'complete']],
    ['in a meeting', LATER, CLOSE, ['active_meeting/delete'], [undefined]],
    ['in a meeting', FORCE, CLOSE, [undefined], [undefined]],
  ])(
    'of an expired room that is %s follows its own policy, withMeeting=%s and withRecordings=%s',
    async (situation, withMeeting, withRecordings, soon, end) => {
      const autoDeletionDate = Date.now() + 60_000;
      const arranged = await arrange(situation, { autoDeletionDate, autoDeletionPolicy: { withMeeting, withRecordings } });
      const { app, simulator } = tally;
      const later = { ...systemClock, now: () => autoDeletionDate + 1 };
      const ports = { rooms: app.commands.rooms, roomStore: app.persistence.rooms, clock: later, log: silentLog };
      expect(Object.values(await deleteExpiredRooms(ports, new AbortController().signal))).toEqual([1]);
      await expectEnd(arranged, soon);
      if (soon[0]?.startsWith('active') === true) await simulator.deleteRoom(arranged.roomId);
      await expectEnd(arranged, end);
      // A room that was closed instead is still expired.
      if (end[0] !== undefined)
        await app.commands.rooms.delete(arranged.roomId, { withMeeting: 'fail', withRecordings: 'force' });
    },
  );
});
