import type { Clock } from '../../clock.js';
import { toError } from '../../errors.js';
import { createBlipGuard } from './blip-guard.js';
import type { Log } from '../../logging.js';
import type { Supervisor } from '../kernel/supervisor.js';
import type { LiveKitGateway } from '../ports/livekit-gateway.js';
import type { LiveKitRoom } from '../ports/room-gateway.js';
import type { RoomStore } from '../room/room-store.js';
import { type RoomContext, type RoomDocument, roomStatusOf } from '../room/room.js';
import type { RoomEvent } from '../room/events.js';

export interface MeetingOptions {
  supervisor: Supervisor<RoomContext, RoomEvent>;
  store: RoomStore;
  livekit: Pick<LiveKitGateway, 'listRooms'>;
  /** Whether the room has a live recording. */
  isRecorded(roomId: string): Promise<boolean>;
  clock: Clock;
  log: Log;
  /** How far apart two looks must be for a meeting to have begun or to be over, milliseconds. */
  recheckMs: number;
  /** The same where the end of the meeting deletes the room, milliseconds. */
  goneMs: number;
}

/** Repairs what lost webhooks leave: rooms whose meeting is over or has begun without our knowing. */
export interface MeetingKeeper {
  /** Compare our rooms with all of LiveKit's: what differs is looked at again. Nothing is concluded from one list. */
  see(listed: LiveKitRoom[]): Promise<void>;
  /** Ask LiveKit by name for the rooms in doubt; conclude where it says the same for the second time. */
  recheck(): Promise<void>;
}

type DoubtKind = 'over' | 'begun';

/** What LiveKit showed of a room that its record does not say. */
interface Doubt {
  kind: DoubtKind;
  /** Monotonic milliseconds of the first look. */
  since: number;
  /** What must be the same at the second look. */
  mark: string;
}

export function createMeetingKeeper(options: MeetingOptions): MeetingKeeper {
  const { supervisor, store, livekit, clock, log } = options;
  const blips = createBlipGuard();
  const doubts = new Map<string, Doubt>();
  /** Names of LiveKit's rooms that are not ours. Ours have ids that we draw before anybody can join. */
  let foreign = new Set<string>();

  async function see(listed: LiveKitRoom[]): Promise<void> {
    const byName = new Map(listed.map((room) => [room.name, room]));
    const meetings: RoomDocument[] = [];
    for await (const room of store.inMeeting()) meetings.push(room);
    const known = new Set(meetings.map(({ roomId }) => roomId));
    const unknown = await loadOurs(listed.filter(({ name, participants }) => participants > 0 && !known.has(name)));

    const isDoubtful = (room: RoomDocument) => doubtOf(room, byName.get(room.roomId)) !== undefined;
    const over = meetings.filter(isDoubtful);
    const isBlip = blips.isBlip(over.length, meetings.length);
    if (isBlip) log.warn({ over: over.length, meetings: meetings.length }, 'list of rooms is void');
    const doubtful = [...(isBlip ? [] : over), ...unknown.filter(isDoubtful)];
    const ids = new Set(doubtful.map(({ roomId }) => roomId));
    // A void list clears nobody either: else a doubt that needs longer than a believed list lasts would begin anew for ever.
    if (!isBlip) for (const roomId of doubts.keys()) if (!ids.has(roomId)) doubts.delete(roomId);
    for (const room of doubtful) doubt(room, byName.get(room.roomId));
  }

  async function loadOurs(listed: LiveKitRoom[]): Promise<RoomDocument[]> {
    const names = listed.map(({ name }) => name);
    const loaded = await Promise.all(
      names.map(async (name) => ({ name, room: foreign.has(name) ? undefined : await store.load(name) })),
    );
    foreign = new Set(loaded.filter(({ room }) => room === undefined).map(({ name }) => name));
    return loaded.flatMap(({ room }) => room ?? []);
  }

  /** @returns the doubt, which is as old as the first look that showed the same; undefined when there is none */
  function doubt(room: RoomDocument, seen: LiveKitRoom | undefined): Doubt | undefined {
    const kind = doubtOf(room, seen);
    if (kind === undefined) {
      doubts.delete(room.roomId);
      return undefined;
    }
    // A room of the same name that was opened since is another one, and so is a record that moved.
    const mark = `${kind} ${seen?.sid ?? ''} ${String(room.tally.version)}`;
    const earlier = doubts.get(room.roomId);
    const current = earlier?.mark === mark ? earlier : { kind, since: clock.monotonic(), mark };
    doubts.set(room.roomId, current);
    return current;
  }

  async function recheck(): Promise<void> {
    const roomIds = [...doubts.keys()];
    if (roomIds.length === 0) return;
    const byName = new Map((await livekit.listRooms(roomIds)).map((room) => [room.name, room]));
    await Promise.all(roomIds.map((roomId) => lookAgain(roomId, byName.get(roomId))));
  }

  async function lookAgain(roomId: string, seen: LiveKitRoom | undefined): Promise<void> {
    try {
      const room = await store.load(roomId);
      const current = room && doubt(room, seen);
      if (room === undefined || current === undefined) {
        doubts.delete(roomId);
        return;
      }
      // What a wrong end deletes does not come back.
      const waitMs = room.meetingEndAction === 'delete' ? options.goneMs : options.recheckMs;
      if (clock.monotonic() - current.since >= waitMs) await conclude(room, seen, current.kind);
    } catch (error) {
      log.warn({ room: roomId, err: toError(error) }, 'left to the next look');
    }
  }

  async function conclude(room: RoomDocument, seen: LiveKitRoom | undefined, kind: DoubtKind): Promise<void> {
    const { roomId, meetingSid = '' } = room;
    // A meeting that is recorded goes on; the death of a recording has proofs of its own.
    if (kind === 'over' && (await options.isRecorded(roomId))) return;
    const event: RoomEvent = {
      ...(kind === 'over'
        ? { type: 'meeting.finished', roomSid: meetingSid }
        : { type: 'meeting.started', roomSid: seen?.sid ?? '' }),
      at: clock.now(),
      source: 'reconcile',
    };
    await supervisor.send(roomId, event, ({ tally }) => tally.version === room.tally.version);
    doubts.delete(roomId);
  }

  return { see, recheck };
}

/** What LiveKit shows of a room that its record does not say; undefined when they agree. Pure. */
export function doubtOf(room: RoomDocument, seen: LiveKitRoom | undefined): DoubtKind | undefined {
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
