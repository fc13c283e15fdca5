import { describe, expect, it } from 'vitest';

import { formatRecordingId, parseRecordingId } from '../../../src/machines/recording/recording-id.js';

describe('parsing a recording id', () => {
  it.each([
    ['room-1--EG_1--uid', { roomId: 'room-1', egressId: 'EG_1', uid: 'uid' }],
    ['old--room--EG_1--uid', { roomId: 'old--room', egressId: 'EG_1', uid: 'uid' }],
    ['EG_1--uid', undefined],
    ['room----uid', undefined],
    ['--EG_1--uid', undefined],
    ['', undefined],
  ])('reads "%s" from its end, because a room id may contain the separator', (recordingId, parts) => {
    expect(parseRecordingId(recordingId)).toEqual(parts);
  });

  it('reverses formatRecordingId, with EG_PENDING for a recording without an egress id', () => {
    const pending = { roomId: 'room-1', uid: 'uid' };
    expect(parseRecordingId(formatRecordingId(pending))).toEqual({ ...pending, egressId: 'EG_PENDING' });
  });
});
