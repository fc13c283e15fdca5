import { describe, expect, it } from 'vitest';

import { createRoomCommands } from '../../../src/machines/room/commands/commands.js';
import { roomIdPrefix } from '../../../src/machines/room/room-id.js';
import { createMemoryRecordingStore } from '../../support/memory/memory-recording-store.js';
import { createMemoryRoomStore } from '../../support/memory/memory-room-store.js';
import { silentLog } from '../../support/silent-log.js';
import { createTestClock } from '../../support/test-clock.js';
import { createRoomSupervisor } from './support.js';

describe('the id of a room', () => {
  it.each([
    ['Weekly', 'weekly'],
    ['Reunión de Español Ñandú', 'reunion_de_espanol_nandu'],
    ['Überprüfung', 'uberprufung'],
    ['Straße', 'strae'],
    ['Réunion française à Noël', 'reunion_francaise_a_noel'],
    ['Avaliação São João', 'avaliacao_sao_joao'],
    ['Møde Åse', 'mde_ase'],
    ['TEAM 42', 'team_42'],
    ['one-two three', 'one_two_three'],
    ['one -- _ -  two', 'one_two'],
    ['--_ edges _--', 'edges'],
    ['Party 🎉 time!', 'party_time'],
    ['a/b?c=d&e', 'abcde'],
    ['tab\tand\nline\u00a0and\u3000wide', 'tab_and_line_and_wide'],
    ['🎉🎉', 'room'],
    ['会議室', 'room'],
    ['!?-_', 'room'],
    ['', 'room'],
    ['__proto__', 'proto'],
  ])('named %j begins with %s', (roomName, prefix) => {
    expect(roomIdPrefix(roomName)).toBe(prefix);
  });

  it('ends with fifteen random characters, and both URLs of the room have random secrets', async () => {
    const clock = createTestClock();
    const store = createMemoryRoomStore();
    const supervisor = createRoomSupervisor(clock, store);
    const commands = createRoomCommands({ supervisor, store, recorder: createMemoryRecordingStore(), clock, log: silentLog });
    const config = { chat: { enabled: true }, recording: { enabled: true }, virtualBackground: { enabled: true } };
    const rooms = await Promise.all(Array.from({ length: 50 }, () => commands.create({ roomName: 'Team A', config })));
    for (const { roomId, moderatorUrl, speakerUrl } of rooms) {
      expect(roomId).toMatch(/^team_a-[0-9a-z]{15}$/);
      for (const url of [moderatorUrl, speakerUrl]) {
        expect(url).toMatch(/^\/room\/team_a-[0-9a-z]{15}\?secret=[0-9a-f]{10}$/);
        expect(url.startsWith(`/room/${roomId}?`)).toBe(true);
      }
    }
    const drawn = rooms.flatMap(({ roomId, moderatorUrl, speakerUrl }) => [roomId, moderatorUrl, speakerUrl]);
    expect(new Set(drawn).size).toBe(drawn.length);
  });
});
