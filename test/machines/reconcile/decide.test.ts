import { describe, expect, it } from 'vitest';

import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import { decide, type Sight, suspicionOf } from '../../../src/machines/reconcile/decide.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import { createTwiceSeen } from '../../../src/machines/reconcile/twice-seen.js';
import { createTestClock } from '../../support/test-clock.js';
import { buildEgress, NOON } from '../recording/build.js';
import { SITUATIONS } from '../recording/situations.js';

const GONE_MS = 20_000;
const situation = (name: string): RecordingDocument => {
  const found = SITUATIONS[name];
  if (found === undefined) throw new Error(name);
  return found;
};
const sight = (fields: Partial<Sight> = {}): Sight => ({ egress: 'absent', recorder: 'absent', room: 'absent', ...fields });
const transition = (at: number, event: string) => ({
  at,
  from: 'active',
  to: 'stopping.ending',
  event,
  source: 'rest',
  instance: 'one',
});

function withKernel(document: RecordingDocument, fields: Partial<RecordingDocument['tally']>): RecordingDocument {
  return { ...document, tally: { ...document.tally, ...fields } };
}

/** What the second of two looks concludes, `apartMs` after the first. */
function lookTwice(
  before: RecordingDocument,
  after: RecordingDocument,
  [first, second]: [Sight, Sight],
  apartMs: number,
): RecordingEvent['type'] | undefined {
  const clock = createTestClock();
  const suspicions = createTwiceSeen(clock);
  const look = (recording: RecordingDocument, seen: Sight) => {
    const verdict = decide(recording, seen, NOON);
    if (verdict.kind === 'event') return verdict.event.type;
    return verdict.kind === 'suspect' && suspicions.see('it', verdict.mark, GONE_MS) ? verdict.event.type : undefined;
  };
  expect(look(before, first)).toBeUndefined();
  clock.advance(apartMs);
  return look(after, second);
}

describe('what one look means', () => {
  it.each<[string, string, Sight, string | undefined]>([
    ['a new status is passed on', 'awaiting', sight({ egress: buildEgress('ACTIVE') }), 'egress.observed'],
    ['an egress found by its path is passed on', 'requesting', sight({ egress: buildEgress('STARTING') }), 'egress.observed'],
    ['an end that no webhook told is passed on', 'active', sight({ egress: buildEgress('COMPLETE') }), 'egress.observed'],
    ['a known status is not', 'active', sight({ egress: buildEgress('ACTIVE'), recorder: 'present', room: 'listed' }), undefined],
    ['a start that LiveKit does not show yet is left to its effect', 'requesting', sight({ egress: 'unknown' }), undefined],
    ['a settled recording is left alone', 'complete', sight(), undefined],
    ['a deleted recording is left alone', 'deleted', sight(), undefined],
  ])('%s', (_name, state, seen, expected) => {
    const verdict = decide(situation(state), seen, NOON);
    expect(verdict.kind === 'event' ? verdict.event.type : undefined).toBe(expected);
  });
});

describe('a recording that captures no more', () => {
  const ending: RecordingDocument = { ...situation('ending'), endingSince: NOON, roomSid: 'RM_1' };
  const look = (recording: RecordingDocument, room: Sight['room']) => decide(recording, sight({ egress: 'unknown', room }), NOON);

  it('has left its room when that is not listed: the next meeting may be recorded', () => {
    expect(look(ending, 'absent')).toMatchObject({ kind: 'event', event: { type: 'room.finished', roomSid: 'RM_1' } });
  });

  it('keeps it while the meeting goes on', () => {
    expect(look(ending, 'listed').kind).toBe('nothing');
  });

  it('is told once, and not when it has left already', () => {
    expect(look({ ...ending, finishedRoomSid: 'RM_1' }, 'absent').kind).toBe('nothing');
    expect(look({ ...ending, liveKey: ending.uid }, 'absent').kind).toBe('nothing');
  });

  it('is not meant while it may capture still', () => {
    const { endingSince: _none, ...active } = ending;
    expect(look(active, 'absent').kind).toBe('nothing');
  });
});

describe('what looks like a death', () => {
  const listed = buildEgress('ACTIVE');
  it.each<[string, string, Sight, string | undefined]>([
    ['a listed egress without its recorder', 'active', sight({ egress: listed, room: 'listed' }), 'recorder_gone'],
    ['the same while it is to stop', 'ending', sight({ egress: listed, room: 'listed' }), 'recorder_gone'],
    ['the same while its start is undone', 'cancelling', sight({ egress: buildEgress('STARTING') }), 'recorder_gone'],
    ['not while it starts: the recorder joins late', 'awaiting', sight({ egress: buildEgress('STARTING') }), undefined],
    ['not from ENDING on: the recorder leaves first', 'ending', sight({ egress: buildEgress('ENDING') }), undefined],
    ['not when participants could not be asked', 'active', sight({ egress: listed, recorder: 'unknown' }), undefined],
    ['an egress that nobody knows, in no room', 'active', sight(), 'unknown_everywhere'],
    ['not while its room is listed: the store may have been emptied', 'active', sight({ room: 'listed' }), undefined],
    ['once it is to end, though its room is in use', 'ending', sight({ room: 'listed' }), 'unknown_everywhere'],
    ['not then either while its recorder is there', 'ending', sight({ room: 'listed', recorder: 'present' }), undefined],
    ['not while its recorder is there', 'active', sight({ recorder: 'present' }), undefined],
    ['not when LiveKit could not be asked', 'active', sight({ egress: 'unknown' }), undefined],
  ])('%s', (_name, state, seen, expected) => {
    expect(suspicionOf(situation(state), seen)).toBe(expected);
  });
});

describe('a death takes two looks', () => {
  const active = situation('active');
  const gone = sight({ egress: buildEgress('ACTIVE'), room: 'listed' });

  it('is concluded 20 s after the first', () => {
    expect(lookTwice(active, active, [gone, gone], GONE_MS)).toBe('recorder.gone');
    expect(lookTwice(active, active, [sight(), sight()], GONE_MS)).toBe('egress.missing');
  });

  it('is not concluded a moment earlier', () => {
    expect(lookTwice(active, active, [gone, gone], GONE_MS - 1)).toBeUndefined();
  });

  it('is not concluded when the recording took a step in between', () => {
    const stepped = withKernel(active, { version: 8, history: [transition(NOON + 1, 'stop')] });
    expect(lookTwice(active, stepped, [gone, gone], GONE_MS)).toBeUndefined();
  });

  it('is concluded although an effect was tried again in between: the stop of a dead egress never succeeds', () => {
    const ending = withKernel(situation('ending'), { history: [transition(NOON - 1, 'stop')] });
    expect(lookTwice(ending, withKernel(ending, { version: 12 }), [gone, gone], GONE_MS)).toBe('recorder.gone');
  });

  it('begins anew when the second look raises another doubt', () => {
    expect(lookTwice(active, active, [gone, sight()], GONE_MS)).toBeUndefined();
  });
});
