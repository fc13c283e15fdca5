import { describe, expect, it } from 'vitest';

import { StoreUnavailableError } from '../../../src/errors.js';
import type { LiveKitGateway } from '../../../src/machines/ports/livekit-gateway.js';
import type { RecordingContext } from '../../../src/machines/recording/recording.js';
import { createRecordingCommands } from '../../../src/machines/recording/commands/commands.js';
import type { RecordingCommandOptions } from '../../../src/machines/recording/commands/options.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomLocks } from '../../support/memory/memory-room-locks.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildDocument } from './build.js';

const ROOM_ID = 'planning-0123456789abcde';
const away = () => Promise.reject(new StoreUnavailableError('away'));

/** Starts a recording while the store fails every call but `create`. @returns the uid that then holds the room lock */
async function lockAfterStart(create: RecordingCommandOptions['supervisor']['create']): Promise<string | undefined> {
  const locks = createMemoryRoomLocks();
  const livekit: Partial<LiveKitGateway> = { listParticipants: () => Promise.resolve([{ identity: 'ada', isSomebody: true }]) };
  const commands = createRecordingCommands({
    supervisor: { create, observe: away } as Partial<
      RecordingCommandOptions['supervisor']
    > as RecordingCommandOptions['supervisor'],
    store: { ...createMemoryRecordingStore({}), load: away },
    rooms: { find: async (roomId) => ({ roomId, roomName: 'Planning', isRecordingEnabled: true }) },
    locks,
    livekit: livekit as LiveKitGateway,
    clock: createTestClock(),
    log: silentLog,
    instance: 'one',
    startTimeoutMs: 1_000,
    confirmMs: 100,
    leaving: new AbortController().signal,
  });
  await expect(commands.start({ room: { roomId: ROOM_ID, roomName: 'Planning', isRecordingEnabled: true } })).rejects.toThrow(
    StoreUnavailableError,
  );
  return (await locks.find(ROOM_ID))?.uid;
}

describe('the room lock of a start during which the store fails', () => {
  it('is kept when the record was created', async () => {
    let uid: string | undefined;
    const held = await lockAfterStart((key, input) => {
      uid = key;
      return Promise.resolve({ created: true, document: buildDocument('starting', input as RecordingContext) });
    });
    expect(held).toBe(uid);
  });

  it('is kept when it is unknown whether the record was created', async () => {
    let uid: string | undefined;
    const held = await lockAfterStart((key) => ((uid = key), away()));
    expect(held).toBe(uid);
  });
});
