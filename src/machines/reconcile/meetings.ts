import type { Clock } from '../../clock.js';
import { levelOfRetried, toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import { roomListVoided } from '../../observability/events.js';
import type { LiveKitRoom, RoomGateway } from '../ports/room-gateway.js';
import type { RoomEvent, Rooms } from '../room/events.js';
import type { RoomStore } from '../room/room-store.js';
import { type RoomDocument, roomStatusOf } from '../room/room.js';
import { createBlipGuard } from './blip-guard.js';
import { createTwiceSeen } from './twice-seen.js';

export interface MeetingOptions {
  supervisor: Pick<Rooms, 'send'>;
  store: Pick<RoomStore, 'load' | 'inMeeting'>;
  livekit: Pick<RoomGateway, 'listRooms'>;
  /** Whether the room has a live recording. */
  isRecorded(roomId: string): Promise<boolean>;
  clock: Clock;
  log: Log;
  /** Minimum time between two looks that prove that a meeting began or ended, milliseconds. */
  recheckMs: number;
  /** Minimum time between two looks if the end of the meeting deletes the room, milliseconds. */
  goneMs: number;
}

/** A difference between LiveKit and a room's document: the meeting is over, or has begun. */
type Doubt = 'over' | 'begun';

export type MeetingKeeper = ReturnType<typeof createMeetingKeeper>;

/** Repairs rooms whose meeting began or ended while its webhook was lost. */
export function createMeetingKeeper(options: MeetingOptions) {
  const { supervisor, store, livekit, isRecorded, clock, log, recheckMs, goneMs } = options;
  const blips = createBlipGuard();
  const doubts = createTwiceSeen(clock);
  /** Names of LiveKit rooms that are not ours. Such a name stays foreign, because ours are stored before anybody can join. */
  let foreign = new Set<string>();

  async function loadOurs(listed: LiveKitRoom[]): Promise<RoomDocument[]> {
    const names = listed.map(({ name }) => name);
    const loaded = await Promise.all(
      names.map(async (name) => ({ name, room: foreign.has(name) ? undefined : await store.load(name) })),
    );
    foreign = new Set(loaded.filter(({ room }) => room === undefined).map(({ name }) => name));
    return loaded.flatMap(({ room }) => room ?? []);
  }

  /** Note a difference. @returns whether LiveKit has shown the same difference for long enough */
  function note(room: RoomDocument, seen: LiveKitRoom | undefined, doubt: Doubt): boolean {
    // A reopened room (another sid) or a document that was saved meanwhile (another version) starts the wait again.
    const mark = `${doubt} ${seen?.sid ?? ''} ${String(room.tally.version)}`;
    // A deletion cannot be undone, so it needs the longer wait.
    return doubts.see(room.roomId, mark, room.meetingEndAction === 'delete' ? goneMs : recheckMs);
  }

  async function lookAgain(roomId: string, seen: LiveKitRoom | undefined): Promise<void> {
    try {
      const room = await store.load(roomId);
      const doubt = room && doubtOf(room, seen);
      if (room === undefined || doubt === undefined) doubts.forget(roomId);
      else if (note(room, seen, doubt)) await conclude(room, seen, doubt);
    } catch (error) {
      log[levelOfRetried(error)]({ room: roomId, err: toError(error) }, 'left to the next look');
    }
  }

  async function conclude(room: RoomDocument, seen: LiveKitRoom | undefined, doubt: Doubt): Promise<void> {
    const { roomId, meetingSid = '' } = room;
    // A meeting with a live recording is not over; the reconciler checks by itself whether the recording is dead.
    if (doubt === 'over' && (await isRecorded(roomId))) return;
    const from = { at: clock.now(), source: 'reconcile' };
    const event: RoomEvent =
      doubt === 'over'
        ? { type: 'meeting.finished', roomSid: meetingSid, ...from }
        : { type: 'meeting.started', roomSid: seen?.sid ?? '', ...from };
    await supervisor.send(roomId, event, ({ tally }) => tally.version === room.tally.version);
    doubts.forget(roomId);
  }

  return {
    /** Compare our rooms with all rooms of LiveKit, and note the differences. One list alone changes nothing. */
    async see(listed: LiveKitRoom[]): Promise<void> {
      const byName = new Map(listed.map((room) => [room.name, room]));
      const meetings: RoomDocument[] = [];
      for await (const room of store.inMeeting()) meetings.push(room);
      const known = new Set(meetings.map(({ roomId }) => roomId));
      const unknown = await loadOurs(listed.filter(({ name, participants }) => participants > 0 && !known.has(name)));

      const inDoubt = (rooms: RoomDocument[]) =>
        rooms.flatMap((room) => {
          const seen = byName.get(room.roomId);
          const doubt = doubtOf(room, seen);
          return doubt === undefined ? [] : { room, seen, doubt };
        });
      const over = inDoubt(meetings);
      const isVoid = blips.isBlip(over.length, meetings.length);
      if (isVoid) roomListVoided(log, { over: over.length, meetings: meetings.length });
      const believed = [...(isVoid ? [] : over), ...inDoubt(unknown)];
      // A discarded list also clears no doubt; else a doubt that needs several passes might never be confirmed.
      if (!isVoid) doubts.keep(new Set(believed.map(({ room }) => room.roomId)));
      for (const { room, seen, doubt } of believed) note(room, seen, doubt);
    },

    /** Ask LiveKit by name for the rooms in doubt, and act on each difference that has lasted long enough. */
    async recheck(): Promise<void> {
      const roomIds = doubts.keys();
      if (roomIds.length === 0) return;
      const byName = new Map((await livekit.listRooms(roomIds)).map((room) => [room.name, room]));
      await Promise.all(roomIds.map((roomId) => lookAgain(roomId, byName.get(roomId))));
    },
  };
}

/** The difference between LiveKit and a room's document; undefined when they agree. Pure. */
function doubtOf(room: RoomDocument, seen: LiveKitRoom | undefined): Doubt | undefined {
  switch (roomStatusOf(room)) {
    case 'active_meeting': {
      const isThisMeeting = seen !== undefined && (room.meetingSid === undefined || room.meetingSid === seen.sid);
      return isThisMeeting ? undefined : 'over';
    }
    case 'open':
    case 'closed':
      return seen !== undefined && seen.participants > 0 ? 'begun' : undefined;
    case undefined:
      return undefined;
  }
}
