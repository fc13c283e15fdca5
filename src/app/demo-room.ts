import type { CreateRoomRequest, RoomCommands } from '../machines/room/commands/commands.js';
import type { RoomStore } from '../machines/room/room-store.js';
import type { RoomDocument } from '../machines/room/room.js';

interface DemoRoomPorts {
  rooms: RoomCommands;
  roomStore: RoomStore;
  /** Makes a simulated participant join the LiveKit room. */
  join: (roomId: string, person: { identity: string; name: string; publish: boolean }) => void;
}

const DEMO_ROOM: CreateRoomRequest = {
  roomName: 'Demo',
  config: {
    chat: { enabled: true },
    recording: { enabled: true, allowAccessTo: 'admin_moderator_speaker' },
    virtualBackground: { enabled: true },
  },
};

/** Opens the demo room with one participant, so that a new user can record at once. Every start of Tally reuses the same room. */
export async function openDemoRoom({ rooms, roomStore, join }: DemoRoomPorts): Promise<string> {
  const room = (await findDemoRoom(roomStore)) ?? (await rooms.create(DEMO_ROOM));
  join(room.roomId, { identity: 'ada', name: 'Ada', publish: true });
  return room.roomId;
}

async function findDemoRoom(roomStore: RoomStore): Promise<RoomDocument | undefined> {
  const { items } = await roomStore.list({ roomName: DEMO_ROOM.roomName }, 100);
  return items.find((room) => room.roomName === DEMO_ROOM.roomName && room.config.recording.enabled);
}
