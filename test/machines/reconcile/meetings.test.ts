import { describe, expect, it } from 'vitest';

import type { LiveKitRoom } from '../../../src/machines/ports/room-gateway.js';
import { createMeetingKeeper } from '../../../src/machines/reconcile/meetings.js';
import { type RoomContext, type RoomDocument, roomStatusOf } from '../../../src/machines/room/room.js';
import { buildRoom, type DocumentChanges } from '../../contracts/documents.js';
import { createGate } from '../../support/gate.js';
import { createMemoryRoomStore } from '../../support/memory/memory-room-store.js';
import { createTestClock } from '../../support/test-clock.js';
import { silentLog } from '../../support/silent-log.js';
import { createRoomSupervisor } from '../room/support.js';

const RECHECK_MS = 2_000;
const GONE_MS = 20_000;

/** One instance with its rooms, and the list of rooms that LiveKit gives. */
function setUp() {
  const clock = createTestClock();
  const gate = createGate();
  const documents = new Map<string, RoomDocument>();
  const store = createMemoryRoomStore({ gate, documents });
  const listed = new Map<string, LiveKitRoom>();
  const asked: string[][] = [];
  const recorded = new Set<string>();
  const supervisor = createRoomSupervisor(clock, store);
  const keeper = createMeetingKeeper({
    supervisor,
    store,
    livekit: {
      async listRooms(names) {
        asked.push(names ?? []);
        return [...listed.values()].filter(({ name }) => names?.includes(name) ?? true);
      },
    },
    isRecorded: async (roomId) => recorded.has(roomId),
    clock,
    log: silentLog,
    recheckMs: RECHECK_MS,
    goneMs: GONE_MS,
  });
  return {
    clock,
    gate,
    documents,
    supervisor,
    keeper,
    asked,
    recorded,
    room(roomId: string, changes: DocumentChanges<RoomContext> = {}) {
      documents.set(roomId, buildRoom(roomId, changes));
    },
    meeting(roomId: string, changes: DocumentChanges<RoomContext> = {}) {
      documents.set(roomId, buildRoom(roomId, { meetingSid: `RM_${roomId}`, ...changes, tally: { state: 'active_meeting' } }));
    },
    list(name: string, sid = `RM_${name}`, participants = 1) {
      listed.set(name, { name, sid, metadata: '', participants, activeRecording: false });
    },
    unlist: (name: string) => listed.delete(name),
    statusOf(roomId: string) {
      const room = documents.get(roomId);
      return room === undefined ? 'gone' : (roomStatusOf(room) ?? 'deleted');
    },
    pass: () => keeper.see([...listed.values()]),
    /** Makes a pass, and a second look `apartMs` later. */
    async twoLooks(apartMs = RECHECK_MS) {
      await keeper.see([...listed.values()]);
      clock.advance(apartMs);
      await keeper.recheck();
    },
  };
}

describe('a meeting whose room LiveKit no longer lists', () => {
  it('is over at the second look, and its room is open again', async () => {
    const world = setUp();
    world.meeting('a');
    await world.twoLooks();
    expect(world.statusOf('a')).toBe('open');
    expect(world.documents.get('a')?.tally.history.at(-1)).toMatchObject({ event: 'meeting.finished', source: 'reconcile' });
    expect(world.asked).toEqual([['a']]);
  });

  it('is not over before 2 s have passed, nor by passes alone without a question by name', async () => {
    const world = setUp();
    world.meeting('a');
    await world.twoLooks(RECHECK_MS - 1);
    for (const _pass of [1, 2, 3]) {
      world.clock.advance(RECHECK_MS);
      await world.pass();
    }
    expect(world.statusOf('a')).toBe('active_meeting');
  });

  it('is not over when LiveKit finds its room by name', async () => {
    const world = setUp();
    world.meeting('a');
    await world.pass();
    world.list('a');
    world.clock.advance(RECHECK_MS);
    await world.keeper.recheck();
    world.unlist('a');
    world.clock.advance(RECHECK_MS);
    await world.keeper.recheck();
    expect(world.statusOf('a')).toBe('active_meeting');
  });

  it('is over only at a third look when its record was saved between the first two', async () => {
    const world = setUp();
    world.meeting('a');
    await world.pass();
    await world.supervisor.send('a', { type: 'close', at: 0, source: 'rest' });
    world.clock.advance(RECHECK_MS);
    await world.keeper.recheck();
    expect(world.statusOf('a')).toBe('active_meeting');
    world.clock.advance(RECHECK_MS);
    await world.keeper.recheck();
    expect(world.statusOf('a')).toBe('closed');
  });

  it('goes on while its room is recorded', async () => {
    const world = setUp();
    world.meeting('a');
    world.recorded.add('a');
    await world.twoLooks(GONE_MS);
    expect(world.statusOf('a')).toBe('active_meeting');
    world.recorded.clear();
    await world.keeper.recheck();
    expect(world.statusOf('a')).toBe('open');
  });

  it('takes its room with it, if meetingEndAction says delete, only after 20 s of absence', async () => {
    const world = setUp();
    world.meeting('a', { meetingEndAction: 'delete' });
    await world.twoLooks(GONE_MS - 1);
    expect(world.statusOf('a')).toBe('active_meeting');
    world.clock.advance(1);
    await world.keeper.recheck();
    expect(world.statusOf('a')).toBe('deleted');
  });

  it('is kept three times when six meetings seem over at once, and is over the fourth time', async () => {
    const world = setUp();
    for (let index = 0; index < 6; index++) world.meeting(`m${index}`);
    for (const _pass of [1, 2, 3]) await world.twoLooks();
    expect(world.asked).toEqual([]);
    await world.twoLooks();
    expect([...world.documents.keys()].map(world.statusOf)).toEqual(Array.from({ length: 6 }, () => 'open'));
  });
});

describe('twenty meetings that seem over at once, in rooms with meetingEndAction delete', () => {
  const PASS_MS = 10_000;
  const roomIds = Array.from({ length: 20 }, (_each, index) => `m${index}`);

  function setUpMany() {
    const world = setUp();
    for (const roomId of roomIds) world.meeting(roomId, { meetingEndAction: 'delete' });
    return {
      ...world,
      statuses: () => new Set(roomIds.map(world.statusOf)),
      /** Makes a pass every ten seconds and a second look every two seconds. */
      async passes(count: number) {
        for (let pass = 0; pass < count; pass += 1) {
          await world.pass();
          for (let waitedMs = 0; waitedMs < PASS_MS; waitedMs += RECHECK_MS) {
            world.clock.advance(RECHECK_MS);
            await world.keeper.recheck();
          }
        }
      },
    };
  }

  it('are over after three ignored lists, a fourth that is believed, and 20 s of absence', async () => {
    const world = setUpMany();
    await world.passes(4);
    expect(world.statuses()).toEqual(new Set(['active_meeting']));
    await world.passes(1);
    expect(world.statuses()).toEqual(new Set(['deleted']));
  });

  it('go on when LiveKit lists them again, although a list without them was believed before', async () => {
    const world = setUpMany();
    await world.passes(4);
    for (const roomId of roomIds) world.list(roomId);
    await world.passes(1);
    for (const roomId of roomIds) world.unlist(roomId);
    await world.passes(3);
    for (const roomId of roomIds) world.list(roomId);
    await world.passes(3);
    expect(world.statuses()).toEqual(new Set(['active_meeting']));
  });
});

describe('a LiveKit room with the name of a running meeting and another sid', () => {
  it('ends the earlier meeting, then begins a new one', async () => {
    const world = setUp();
    world.meeting('a');
    world.list('a', 'RM_next');
    await world.twoLooks();
    expect(world.statusOf('a')).toBe('open');
    await world.twoLooks();
    expect(world.documents.get('a')).toMatchObject({ meetingSid: 'RM_next', tally: { state: 'active_meeting' } });
  });

  it('belongs to the running meeting when its record has no sid', async () => {
    const world = setUp();
    world.meeting('a', { meetingSid: undefined });
    world.list('a', 'RM_any');
    await world.twoLooks();
    expect(world.statusOf('a')).toBe('active_meeting');
  });
});

describe('a meeting whose start was not reported by a webhook', () => {
  it.each(['open', 'closed'] as const)('begins at the second look, in a room that is %s', async (state) => {
    const world = setUp();
    world.room('a', { tally: { state } });
    world.list('a');
    await world.pass();
    expect(world.statusOf('a')).toBe(state);
    world.clock.advance(RECHECK_MS);
    await world.keeper.recheck();
    expect(world.documents.get('a')).toMatchObject({ meetingSid: 'RM_a', tally: { state: 'active_meeting' } });
  });

  it('does not begin while no participant is in its room', async () => {
    const world = setUp();
    world.room('a');
    world.list('a', 'RM_a', 0);
    await world.twoLooks();
    expect(world.statusOf('a')).toBe('open');
  });

  it('does not begin when LiveKit no longer lists its room at the second look', async () => {
    const world = setUp();
    world.room('a');
    world.list('a');
    await world.pass();
    world.unlist('a');
    world.clock.advance(RECHECK_MS);
    await world.keeper.recheck();
    expect(world.statusOf('a')).toBe('open');
  });

  it('does not begin when webhooks report its start and end while the second look reads its room', async () => {
    const { room, list, pass, clock, gate, keeper, documents, statusOf } = setUp();
    room('a');
    list('a');
    await pass();
    clock.advance(RECHECK_MS);
    gate.hold();
    const looking = keeper.recheck();
    await clock.run(0);
    expect(gate.step()).toBe('rooms.load');
    await clock.run(0);
    documents.set('a', buildRoom('a', { tally: { version: 3 } }));
    await gate.settle();
    await looking;
    expect(statusOf('a')).toBe('open');
  });

  it('does not begin in a deleted room or in a room without a record, which is read only once', async () => {
    const world = setUp();
    world.room('gone', { tally: { state: 'deleted' } });
    for (const name of ['gone', 'foreign']) world.list(name);
    for (const _pass of [1, 2, 3]) await world.twoLooks();
    expect(world.asked).toEqual([]);
    expect(world.gate.trace.filter((label) => label === 'rooms.load')).toHaveLength(4);
  });
});

it('the meeting keeper asks LiveKit for no room by name when its records agree with the list', async () => {
  const world = setUp();
  world.meeting('a');
  world.list('a');
  world.room('b');
  for (const _pass of [1, 2, 3]) await world.twoLooks();
  expect(world.asked).toEqual([]);
  expect(world.gate.trace).toEqual(['rooms.inMeeting', 'rooms.inMeeting', 'rooms.inMeeting']);
});

it('the meeting keeper ends the other meetings when one room cannot be read', async () => {
  const world = setUp();
  for (const roomId of ['a', 'b']) world.meeting(roomId);
  await world.pass();
  world.clock.advance(RECHECK_MS);
  world.gate.failNext('rooms.load', 'fail_before');
  await world.keeper.recheck();
  expect(['a', 'b'].map(world.statusOf).sort()).toEqual(['active_meeting', 'open']);
  await world.keeper.recheck();
  expect(['a', 'b'].map(world.statusOf)).toEqual(['open', 'open']);
});
