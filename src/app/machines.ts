import type { Config } from '../config/config.js';
import { createSupervisor } from '../machines/kernel/supervisor.js';
import { createRecordingCommands, type RecordingCommands } from '../machines/recording/commands/commands.js';
import { defineRecording } from '../machines/recording/machine/definition.js';
import { deleteAllRecordings } from '../machines/recording/commands/delete-all.js';
import { createRecordingEffects } from '../machines/recording/effects/effects.js';
import type { Recordings } from '../machines/recording/events.js';
import type { Notifications } from '../machines/ports/notifications.js';
import { createRoomCommands, type RoomCommands } from '../machines/room/commands/commands.js';
import { createRoomEffects } from '../machines/room/effects/effects.js';
import { defineRoom } from '../machines/room/machine/definition.js';
import { roomStatusOf } from '../machines/room/room.js';
import type { Rooms } from '../machines/room/events.js';
import type { Ports } from './ports.js';

/** The supervisors of recordings and rooms, and the commands of clients on both. */
export interface Machines {
  recordings: Recordings;
  rooms: Rooms;
  commands: { recordings: RecordingCommands; rooms: RoomCommands };
}

/** Drops every notice, because no receiver of notifications can be configured in this version. */
const NO_NOTIFICATIONS: Notifications = { append: () => Promise.resolve() };
const NO_NOTICES = { notices: false };
/** Delay before a start extends its room lock of 15 s, milliseconds: the disk write for an embedded lock would slow the start. */
const EMBEDDED_LOCK_RESTS_MS = 5_000;
/** Time limit of the last query to LiveKit after the start deadline, milliseconds. */
const CONFIRM_MS = 3_000;
/** How long a deleted recording stays as a tombstone, so that its egress is recognised as ours, milliseconds. */
const TOMBSTONE_MS = 48 * 3_600_000;

/**
 * Creates supervisors and commands. Nothing runs before the supervisors are started.
 *
 * @param leaving aborted when starts must be answered at once
 */
export function createMachines(config: Config, ports: Ports, leaving: AbortSignal): Machines {
  const recordings = createRecordings(config, ports);
  const rooms = createRooms(config, ports, recordings);
  return { recordings, rooms, commands: createCommands(config, ports, { recordings, rooms }, leaving) };
}

function createRecordings(config: Config, ports: Ports): Recordings {
  const { recordings: store, roomLocks, livekit, media, files, clock, instance, log } = ports;
  const { timers, locks } = config;
  return createSupervisor({
    ...kernelOf(config, ports),
    definition: defineRecording(
      { ...timers, confirmMs: CONFIRM_MS, tombstoneMs: TOMBSTONE_MS },
      { ...NO_NOTICES, extendLockAfterMs: locks.kind === 'embedded' ? EMBEDDED_LOCK_RESTS_MS : 0 },
    ),
    store,
    handlers: createRecordingEffects({
      livekit,
      locks: roomLocks,
      media,
      files,
      notifications: NO_NOTIFICATIONS,
      clock,
      instance,
      lockTtlMs: timers.lockTtlMs,
      confirmMs: CONFIRM_MS,
    }),
    log: log.child({ part: 'recordings' }),
  });
}

function createRooms(config: Config, ports: Ports, recordings: Recordings): Rooms {
  const { livekit, clock } = ports;
  const log = ports.log.child({ part: 'rooms' });
  return createSupervisor({
    ...kernelOf(config, ports),
    definition: defineRoom(NO_NOTICES),
    store: ports.rooms,
    handlers: createRoomEffects({
      clock,
      livekit,
      recorder: {
        deleteAll: (roomId, signal) =>
          deleteAllRecordings({ supervisor: recordings, store: ports.recordings, clock, log }, roomId, signal),
      },
      notifications: NO_NOTIFICATIONS,
    }),
    log,
  });
}

/** The options that both supervisors share. */
function kernelOf({ timers }: Config, { bus, clock, instance, exclusive }: Ports) {
  return {
    bus,
    clock,
    clockOffsetMs: () => clock.offsetMs(),
    instance,
    dueIntervalMs: timers.dueIntervalMs,
    exclusive,
  };
}

function createCommands(
  { timers }: Config,
  ports: Ports,
  { recordings, rooms }: Omit<Machines, 'commands'>,
  leaving: AbortSignal,
): Machines['commands'] {
  const { recordings: store, rooms: roomStore, roomLocks, livekit, clock, instance, log } = ports;
  return {
    recordings: createRecordingCommands({
      supervisor: recordings,
      store,
      rooms: {
        async find(roomId) {
          const room = await roomStore.load(roomId);
          if (room === undefined || roomStatusOf(room) === undefined) return undefined;
          return { roomId, roomName: room.roomName, isRecordingEnabled: room.config.recording.enabled };
        },
      },
      locks: roomLocks,
      livekit,
      clock,
      log: log.child({ part: 'recordings' }),
      instance,
      startTimeoutMs: timers.startTimeoutMs,
      confirmMs: CONFIRM_MS,
      leaving,
    }),
    rooms: createRoomCommands({ supervisor: rooms, store: roomStore, recorder: store, clock, log: log.child({ part: 'rooms' }) }),
  };
}
