import type { Egress } from './livekit.js';

/** One of the two recordings of the room, with its egress and all that is under way for it. */
export interface Side {
  /** Number of its document; 0 before it is stored. */
  doc: number;
  egress: Egress;
  /** A StartEgress request is on its way to LiveKit. */
  calling: boolean;
  /** Calls of StartEgress so far. */
  calls: number;
  /** Since the claim: within 2 s, within 30 s, after 35 s. */
  time: 0 | 1 | 2;
  /** The process that wrote the start is still alive and has run nothing of it. */
  fresh: boolean;
  /** The process was paused between its check of the claim and its call. */
  late: boolean;
  /** 0 none; else the kind of the last look's doubt, new or 20 s old. */
  doubt: Doubt;
  /** Its egress was seen running although no unsettled recording owns it. */
  stray: boolean;
  /** Attempts at effects that wait to be settled; numbers of `Run`s, sorted. */
  runs: number[];
  /** Statuses in webhooks on their way, oldest first. */
  hooks: number[];
}

export const DOUBTS = ['none', 'recorder_gone', 'recorder_gone old', 'unknown_everywhere', 'unknown_everywhere old'] as const;
export type Doubt = 0 | 1 | 2 | 3 | 4;

/** 0: the first incarnation is open; 1: nobody is there any more; 2: the second one is open. */
export type RoomState = 0 | 1 | 2;

export interface World {
  sides: [Side, Side];
  room: RoomState;
  /** LiveKit's store was flushed and the room has not come back into it. */
  roomFlushed: boolean;
  /** The webhook room_finished is on its way. */
  roomHook: boolean;
  /** 0 free, else 1 + the side that holds the room lock. */
  lock: 0 | 1 | 2;
  /** What clients may still do. */
  stops: number;
  deletes: number;
  seconds: number;
  /** How often everybody may leave. */
  leaves: number;
  /** Faults that may still happen. */
  crashes: number;
  network: number;
  livekit: number;
}

const emptySide = (): Side => ({
  doc: 0,
  egress: 0,
  calling: false,
  calls: 0,
  time: 0,
  fresh: true,
  late: false,
  doubt: 0,
  stray: false,
  runs: [],
  hooks: [],
});

export interface Budgets {
  crashes: number;
  network: number;
  livekit: number;
  stops: number;
  deletes: number;
  /** Second starts in the same room. */
  seconds: number;
  /** How often everybody may leave the room. */
  leaves: number;
}

export function createWorld(firstDoc: number, budgets: Budgets): World {
  return {
    sides: [{ ...emptySide(), doc: firstDoc }, emptySide()],
    room: 0,
    roomFlushed: false,
    roomHook: false,
    lock: 1,
    ...budgets,
  };
}

export function copyOf(world: World): World {
  const [one, two] = world.sides;
  return {
    ...world,
    sides: [
      { ...one, runs: [...one.runs], hooks: [...one.hooks] },
      { ...two, runs: [...two.runs], hooks: [...two.hooks] },
    ],
  };
}

const bit = (flag: boolean, value: number) => (flag ? value : 0);

/** The same world is the same text: what states are told apart by. */
export function encode(world: World): string {
  const codes = [
    world.room | bit(world.roomFlushed, 4) | bit(world.roomHook, 8) | (world.lock << 4),
    world.stops | (world.deletes << 4) | (world.seconds << 8) | (world.leaves << 12),
    world.crashes | (world.network << 4) | (world.livekit << 8),
  ];
  for (const side of world.sides) {
    codes.push(
      side.doc,
      side.egress,
      bit(side.calling, 1) | bit(side.fresh, 2) | bit(side.late, 4) | bit(side.stray, 8) | (side.time << 4) | (side.calls << 6),
      side.doubt | (side.runs.length << 4) | (side.hooks.length << 8),
      ...side.runs,
      ...side.hooks,
    );
  }
  return String.fromCharCode(...codes);
}

export function decode(text: string): World {
  let position = 0;
  const next = () => text.charCodeAt(position++);
  const [shared, clients, faults] = [next(), next(), next()];
  const side = (): Side => {
    const [doc, egress, flags, lengths] = [next(), next(), next(), next()];
    return {
      doc,
      egress,
      calling: (flags & 1) !== 0,
      fresh: (flags & 2) !== 0,
      late: (flags & 4) !== 0,
      stray: (flags & 8) !== 0,
      time: ((flags >> 4) & 3) as 0 | 1 | 2,
      calls: flags >> 6,
      doubt: (lengths & 15) as Doubt,
      runs: Array.from({ length: (lengths >> 4) & 15 }, next),
      hooks: Array.from({ length: lengths >> 8 }, next),
    };
  };
  return {
    sides: [side(), side()],
    room: (shared & 3) as RoomState,
    roomFlushed: (shared & 4) !== 0,
    roomHook: (shared & 8) !== 0,
    lock: (shared >> 4) as 0 | 1 | 2,
    stops: clients & 15,
    deletes: (clients >> 4) & 15,
    seconds: (clients >> 8) & 15,
    leaves: clients >> 12,
    crashes: faults & 15,
    network: (faults >> 4) & 15,
    livekit: faults >> 8,
  };
}

/** Nobody asks for anything and nothing goes wrong. */
export const NOTHING: Budgets = { crashes: 0, network: 0, livekit: 0, stops: 0, deletes: 0, seconds: 0, leaves: 0 };
