import { foldName } from '../../../src/persistence/folded-name.js';
import type { RecordingFilter, RecordingStore } from '../../../src/machines/recording/recording-store.js';
import type { RecordingContext, RecordingDocument } from '../../../src/machines/recording/recording.js';
import { isDeleted, isLive, isUnsettled, statusOf } from '../../../src/machines/recording/recording.js';
import type { Gate } from '../gate.js';
import { createGate, throughGate } from '../gate.js';
import type { MemoryDocuments } from './memory-actor-store.js';
import { copyOf, createMemoryActorStore, memoryPage, readErrors } from './memory-actor-store.js';

export interface MemoryRecordingStoreOptions {
  gate?: Gate;
  /** The stored documents. Stores that share them act like instances on one database; a test may also read them. */
  documents?: MemoryDocuments<RecordingContext>;
}

export function createMemoryRecordingStore(options: MemoryRecordingStoreOptions = {}): RecordingStore {
  const { gate = createGate(), documents = new Map<string, RecordingDocument>() } = options;
  const read = <Result>(method: string, run: () => Result) => throughGate(gate, `recordings.${method}`, readErrors, run);
  const all = () => [...documents.values()];

  return {
    ...createMemoryActorStore({
      name: 'recordings',
      gate,
      documents,
      keyName: 'uid',
      uniqueKeys: ({ startKey, liveKey }) => ({ startKey, liveKey }),
    }),
    findLive: (roomId) =>
      read('findLive', () => copyOf(all().find((document) => document.roomId === roomId && isLive(document)))),
    async *unsettled() {
      yield* await read('unsettled', () =>
        all()
          .filter(isUnsettled)
          .map((document) => structuredClone(document)),
      );
    },
    findByStartKey: (startKey) => read('findByStartKey', () => copyOf(all().find((document) => document.startKey === startKey))),
    list: (filter, limit, after) =>
      read('list', () => {
        const shown = [...documents].filter(([, document]) => isListed(document) && matches(document, filter));
        return memoryPage(shown, ({ startDate }) => startDate ?? null, limit, after);
      }),
    hasRecordings: (roomId) =>
      read('hasRecordings', () => all().some((document) => document.roomId === roomId && isListed(document))),
    async *keysOfRoom(roomId) {
      yield* await read('keysOfRoom', () =>
        [...documents].filter(([, document]) => document.roomId === roomId && !isDeleted(document)).map(([key]) => key),
      );
    },
  };
}

function isListed(document: RecordingDocument): boolean {
  return document.egressId !== undefined && !isDeleted(document);
}

function matches(document: RecordingDocument, { roomId, roomName, status }: RecordingFilter): boolean {
  if (roomId !== undefined && document.roomId !== roomId) return false;
  if (status !== undefined && statusOf(document) !== status) return false;
  return roomName === undefined || foldName(document.roomName).includes(foldName(roomName));
}
