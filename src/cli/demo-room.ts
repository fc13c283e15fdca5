import type { RoomCommands } from '../machines/room/commands/commands.js';
import type { RoomStore } from '../machines/room/room-store.js';
import type { RoomDocument } from '../machines/room/room.js';

interface DemoRoomPorts {
  rooms: RoomCommands;
  roomStore: RoomStore;
  /** Have a simulated person join the LiveKit room. */
  join: (roomId: string, person: { identity: string; name: string; publish: boolean }) => void;
}

const DEMO_ROOM_NAME = 'Demo';

/** A room with a participant, so that a newcomer can record at once. Each start uses the same room. */
export async function openDemoRoom({ rooms, roomStore, join }: DemoRoomPorts): Promise<string> {
  const room = (await findDemoRoom(roomStore)) ?? (await rooms.create(demoRoom()));
  join(room.roomId, { identity: 'ada', name: 'Ada', publish: true });
  return room.roomId;
}

async function findDemoRoom(roomStore: RoomStore): Promise<RoomDocument | undefined> {
  const { items } = await roomStore.list({ roomName: DEMO_ROOM_NAME }, 100);
  return items.find((room) => room.roomName === DEMO_ROOM_NAME && room.config.recording.enabled);
}

function demoRoom() {
  return {
    roomName: DEMO_ROOM_NAME,
    config: {
      chat: { enabled: true },
      recording: { enabled: true, allowAccessTo: 'admin_moderator_speaker' as const },
      virtualBackground: { enabled: true },
    },
  };
}
