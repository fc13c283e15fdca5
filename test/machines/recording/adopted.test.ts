import { describe, expect, it } from 'vitest';

import { nextStep } from '../../../src/machines/kernel/step.js';
import { defineRecording } from '../../../src/machines/recording/machine/definition.js';
import { adoptRecording } from '../../../src/machines/recording/machine/adopted.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import { isSettled, statusOf } from '../../../src/machines/recording/recording.js';
import { formatRecordingId } from '../../../src/machines/recording/recording-id.js';
import { adoptedDocument } from '../../../src/persistence/migrations/adopted-document.js';

const NOW = 1_767_225_700_000;
const ID = '6a0123456789abcdef012345';
const timing = { startTimeoutMs: 30_000, confirmMs: 3_000, stopTimeoutMs: 30_000, uploadBudgetMs: 600_000, tombstoneMs: 1 };
const definition = defineRecording(timing);

function adopt(status: string, changes: { isLive?: boolean; fields?: Record<string, unknown> } = {}): RecordingDocument {
  const stored = {
    schemaVersion: 1,
    recordingId: 'room--EG_1--0123456789',
    roomId: 'room',
    roomName: 'Weekly',
    status,
    accessSecrets: { public: 'a', private: 'b' },
    custom: { kept: [1, null] },
    ...changes.fields,
  };
  const origin = { id: ID, createdAt: NOW - 1, isLive: changes.isLive ?? true, now: NOW, timing, secret: () => 'c'.repeat(32) };
  return adoptedDocument(adoptRecording(stored, origin), NOW);
}

describe('a recording adopted from OpenVidu Meet', () => {
  it.each(['starting', 'active', 'ending', 'complete', 'limit_reached', 'failed', 'aborted'])(
    'keeps its status %s, its id and its other fields',
    (status) => {
      const recording = adopt(status);
      expect(statusOf(recording)).toBe(status);
      expect(formatRecordingId(recording)).toBe('room--EG_1--0123456789');
      expect(recording).toMatchObject({
        uid: '0123456789',
        mediaKey: 'recordings/room/room--0123456789.mp4',
        custom: { kept: [1, null] },
      });
      expect(recording).not.toHaveProperty('status');
      expect(recording.liveKey).toBe(isSettled(recording) ? '0123456789' : 'room');
    },
  );

  it.each(['complete', 'limit_reached', 'failed', 'aborted'])(
    'with status %s has no pending effect and no due time',
    (status) => {
      expect(adopt(status).tally).toMatchObject({ effects: [], dueAt: null, version: 1 });
    },
  );

  it.each(['failed', 'aborted'])('with status %s becomes complete when its file is found', (status) => {
    const found: RecordingEvent = { type: 'media.found', size: 7, at: NOW, source: 'media' };
    const step = nextStep(definition, adopt(status), found);
    expect({ ...step.context, tally: { state: step.state } }).toMatchObject({ size: 7, tally: { state: 'complete' } });
  });

  it.each(['starting', 'active', 'ending', 'complete', 'limit_reached', 'failed', 'aborted'])(
    'with status %s can be deleted, at once or when it has settled',
    (status) => {
      const step = nextStep(definition, adopt(status), { type: 'delete', at: NOW, source: 'rest' });
      expect(step.changed).toBe(true);
      expect(step.state === 'deleted' || step.context.deleteWhenSettled === true).toBe(true);
    },
  );

  it.each(['starting', 'ending'])('with status %s has a deadline that changes it', (status) => {
    const { deadline, tally } = adopt(status);
    expect(tally.dueAt).toBe(deadline?.at);
    const passed = { type: 'deadline.passed', generation: 1, at: NOW, source: 'deadline' } as const;
    expect(nextStep(definition, adopt(status), passed).changed).toBe(true);
  });

  it.each(['starting', 'active'])('with status %s is stopped when another recording holds its room', (status) => {
    const recording = adopt(status, { isLive: false });
    expect(recording).toMatchObject({
      liveKey: '0123456789',
      stopReason: 'superseded',
      tally: { state: { stopping: 'ending' } },
    });
    expect(recording.tally.dueAt).toBe(NOW);
    expect(recording.tally.effects).toMatchObject([{ name: 'stopEgress', params: { egressId: 'EG_1' }, leaseUntil: NOW }]);
    const passed = { type: 'deadline.passed', generation: 1, at: NOW, source: 'deadline' } as const;
    expect(nextStep(definition, recording, passed).named).toMatchObject([{ name: 'stopEgress', params: { egressId: 'EG_1' } }]);
  });

  it('with status ending is not stopped when another recording holds its room', () => {
    expect(adopt('ending', { isLive: false }).tally.effects).toEqual([]);
  });

  it('gets a filename, a creation date and access secrets when they are missing', () => {
    const { filename, createdAt, accessSecrets } = adopt('complete', {
      fields: { accessSecrets: undefined, filename: undefined },
    });
    expect(filename).toBe('room--0123456789.mp4');
    expect(createdAt).toBe(NOW - 1);
    expect(accessSecrets).toEqual({ public: 'c'.repeat(32), private: 'c'.repeat(32) });
  });

  it('gets the id of its MongoDB document when its recording id is unreadable', () => {
    const recording = adopt('complete', { fields: { recordingId: 'nonsense' } });
    expect(recording).toMatchObject({ uid: ID, egressId: `EG_${ID}` });
  });
});
