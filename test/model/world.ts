import type { Egress } from './livekit.js';

/** One of the two recordings of the room, with its egress and everything in progress for it. */
export interface Side {
  /** The number of the stored document; 0 before it is stored. */
  doc: number;
  egress: Egress;
  /** Whether a StartEgress request is on its way to LiveKit. */
  calling: boolean;
  /** The number of StartEgress calls so far. */
  calls: number;
  /** Time since the claim: 0 up to 2 s, 1 up to 30 s, 2 after 35 s. */
  time: 0 | 1 | 2;
  /** Whether the instance that wrote the start still lives and has not run its effects yet. */
  fresh: boolean;
  /** Whether the instance was paused between its check of the claim and its call. */
  late: boolean;
  /** The suspicion of the last look, new or 20 s old, as an index of `DOUBTS`. */
  doubt: Doubt;
  /** Whether the stray keeper has seen the egress running without an unsettled recording. */
  stray: boolean;
  /** The sorted numbers of the `Run`s, the attempts that wait to be settled. */
  runs: number[];
  /** The statuses in undelivered webhooks, oldest first. */
  hooks: number[];
}

export const DOUBTS = ['none', 'recorder_gone', 'recorder_gone old', 'unknown_everywhere', 'unknown_everywhere old'] as const;
export type Doubt = 0 | 1 | 2 | 3 | 4;

/** 0: the first LiveKit room is open. 1: all participants have left. 2: a second room of the same name is open. */
export type RoomState = 0 | 1 | 2;

export interface World {
  sides: [Side, Side];
  room: RoomState;
  /** Whether LiveKit's store was flushed and does not contain the room again yet. */
  roomFlushed: boolean;
  /** Whether the webhook room_finished is on its way. */
  roomHook: boolean;
  /** The holder of the room lock: 0 for none, else 1 + the index of the side. */
  lock: 0 | 1 | 2;
  /** How many stops clients may still make; `deletes` and `seconds` count deletions and second starts. */
  stops: number;
  deletes: number;
  seconds: number;
  /** How often all participants may still leave. */
  leaves: number;
  /** How many faults of each kind may still happen. */
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
  /** The number of second starts in the same room. */
  seconds: number;
  /** How often all participants may leave the room. */
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

/** Encodes a world as text. Equal worlds give equal texts. */
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

/** Budgets without requests of clients and without faults. */
export const NOTHING: Budgets = { crashes: 0, network: 0, livekit: 0, stops: 0, deletes: 0, seconds: 0, leaves: 0 };
