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

/** The two kinds of actors, and what a client may ask of them. */
export interface Machines {
  recordings: Recordings;
  rooms: Rooms;
  commands: { recordings: RecordingCommands; rooms: RoomCommands };
}

/** No receiver of notices can be configured in this version. */
const NO_NOTIFICATIONS: Notifications = { append: () => Promise.resolve() };
const NO_NOTICES = { notices: false };
/** An embedded lock lies on the disk that a start waits for. It is taken for 15 s, and most starts are over before this time. */
const EMBEDDED_LOCK_RESTS_MS = 5_000;
/** How long LiveKit is asked once more when the start deadline has passed, milliseconds. */
const CONFIRM_MS = 3_000;
/** How long a deleted recording is remembered, so that its egress is still known as ours. */
const TOMBSTONE_MS = 48 * 3_600_000;

/** Nothing runs before the supervisors are started. */
export function createMachines(config: Config, ports: Ports): Machines {
  const recordings = createRecordings(config, ports);
  const rooms = createRooms(config, ports, recordings);
  return { recordings, rooms, commands: createCommands(config, ports, recordings, rooms) };
}

function createRecordings(config: Config, ports: Ports): Recordings {
  const { recordings: store, roomLocks, livekit, media, clock, instance, log } = ports;
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

/** What both supervisors are hosted with. */
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

function createCommands({ timers }: Config, ports: Ports, recordings: Recordings, rooms: Rooms): Machines['commands'] {
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
    }),
    rooms: createRoomCommands({ supervisor: rooms, store: roomStore, recorder: store, clock, log: log.child({ part: 'rooms' }) }),
  };
}
