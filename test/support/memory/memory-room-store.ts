import { foldName } from '../../../src/persistence/folded-name.js';
import type { RoomStore } from '../../../src/machines/room/room-store.js';
import type { RoomContext, RoomDocument } from '../../../src/machines/room/room.js';
import { roomStatusOf } from '../../../src/machines/room/room.js';
import type { Gate } from '../gate.js';
import { createGate, throughGate } from '../gate.js';
import type { MemoryDocuments } from './memory-actor-store.js';
import { createMemoryActorStore, memoryPage, readErrors } from './memory-actor-store.js';

export interface MemoryRoomStoreOptions {
  gate?: Gate;
  /** The stored documents. Stores that share them act like instances on one database. */
  documents?: MemoryDocuments<RoomContext>;
}

export function createMemoryRoomStore(options: MemoryRoomStoreOptions = {}): RoomStore {
  const { gate = createGate(), documents = new Map<string, RoomDocument>() } = options;

  return {
    ...createMemoryActorStore({ name: 'rooms', gate, documents, keyName: 'roomId', uniqueKeys: () => ({}) }),
    list: ({ roomName = '' }, limit, after) =>
      throughGate(gate, 'rooms.list', readErrors, () => {
        const shown = [...documents].filter(
          ([, room]) => roomStatusOf(room) !== undefined && foldName(room.roomName).includes(foldName(roomName)),
        );
        return memoryPage(shown, ({ creationDate }) => creationDate, limit, after);
      }),
    async *expired(before) {
      const dated = await throughGate(gate, 'rooms.expired', readErrors, () =>
        [...documents.values()].flatMap((room) =>
          roomStatusOf(room) === undefined || room.autoDeletionDate === undefined
            ? []
            : [{ at: room.autoDeletionDate, room: structuredClone(room) }],
        ),
      );
      yield* dated
        .filter(({ at }) => at < before)
        .sort((one, other) => one.at - other.at || (one.room.roomId < other.room.roomId ? -1 : 1))
        .map(({ room }) => room);
    },
    async *inMeeting() {
      yield* await throughGate(gate, 'rooms.inMeeting', readErrors, () =>
        [...documents.values()].filter((room) => roomStatusOf(room) === 'active_meeting').map((room) => structuredClone(room)),
      );
    },
  };
}
