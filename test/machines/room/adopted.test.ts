import { describe, expect, it } from 'vitest';

import { adoptRoom } from '../../../src/machines/room/machine/adopted.js';
import { adoptedDocument } from '../../../src/persistence/migrations/adopted-document.js';

const NOW = 1_767_225_600_000;
const CONFIG = { chat: { enabled: true }, recording: { enabled: false }, virtualBackground: { enabled: true } };

function adopt(fields: Record<string, unknown>) {
  return adoptedDocument(adoptRoom({ roomId: 'room', roomName: 'Room', creationDate: 1, ...fields }), NOW);
}

describe('a room adopted from OpenVidu Meet', () => {
  it('keeps its fields and its status', () => {
    const fields = {
      config: {
        chat: { enabled: false },
        recording: { enabled: true, allowAccessTo: 'admin' },
        virtualBackground: { enabled: false },
      },
      autoDeletionPolicy: { withMeeting: 'force', withRecordings: 'close' },
      meetingEndAction: 'delete',
      extra: [1, null],
    };
    const { tally, ...room } = adopt({ ...fields, status: 'active_meeting' });
    expect(room).toEqual({ roomId: 'room', roomName: 'Room', creationDate: 1, ...fields });
    expect(tally).toMatchObject({ state: 'active_meeting', version: 1, effects: [], dueAt: null });
  });

  it.each([{}, { config: null, meetingEndAction: null }, { config: { chat: null } }, { config: 'none' }])(
    'gets the default config and meetingEndAction where they are missing: %o',
    (fields) => {
      expect(adopt(fields)).toMatchObject({ config: CONFIG, meetingEndAction: 'none' });
    },
  );

  it('gets the policy fail for each missing part of its deletion policy, and no policy when it has none', () => {
    expect(adopt({})).not.toHaveProperty('autoDeletionPolicy');
    const strictest = { withMeeting: 'fail', withRecordings: 'fail' };
    for (const autoDeletionPolicy of [null, {}])
      expect(adopt({ autoDeletionPolicy })).toMatchObject({ autoDeletionPolicy: strictest });
    expect(adopt({ autoDeletionPolicy: { withMeeting: 'force' } })).toMatchObject({
      autoDeletionPolicy: { withMeeting: 'force', withRecordings: 'fail' },
    });
  });

  it.each([undefined, null, 'gone', 7])('is open when its status is %s', (status) => {
    expect(adopt({ status }).tally.state).toBe('open');
  });
});
