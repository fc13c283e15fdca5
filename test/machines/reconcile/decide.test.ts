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

/** Decides twice, `apartMs` apart. @returns the event that the second look concludes, or undefined */
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

describe('one comparison of a recording with LiveKit', () => {
  it.each<[string, string, Sight, string | undefined]>([
    [
      'reports a new status of the egress as an observation',
      'awaiting',
      sight({ egress: buildEgress('ACTIVE') }),
      'egress.observed',
    ],
    [
      'reports an egress that was found by its path as an observation',
      'requesting',
      sight({ egress: buildEgress('STARTING') }),
      'egress.observed',
    ],
    [
      'reports the end of an egress whose webhook was lost as an observation',
      'active',
      sight({ egress: buildEgress('COMPLETE') }),
      'egress.observed',
    ],
    [
      'concludes nothing from a status that is already known',
      'active',
      sight({ egress: buildEgress('ACTIVE'), recorder: 'present', room: 'listed' }),
      undefined,
    ],
    [
      'concludes nothing while LiveKit does not show the egress of a start: an effect looks for that egress',
      'requesting',
      sight({ egress: 'unknown' }),
      undefined,
    ],
    ['concludes nothing for a settled recording', 'complete', sight(), undefined],
    ['concludes nothing for a deleted recording', 'deleted', sight(), undefined],
  ])('%s', (_name, state, seen, expected) => {
    const verdict = decide(situation(state), seen, NOON);
    expect(verdict.kind === 'event' ? verdict.event.type : undefined).toBe(expected);
  });
});

describe('a recording whose egress was seen ENDING', () => {
  const ending: RecordingDocument = { ...situation('ending'), endingSince: NOON, roomSid: 'RM_1' };
  const look = (recording: RecordingDocument, room: Sight['room']) => decide(recording, sight({ egress: 'unknown', room }), NOON);

  it('frees its room once LiveKit no longer lists the room, so that the next meeting can be recorded', () => {
    expect(look(ending, 'absent')).toMatchObject({ kind: 'event', event: { type: 'room.finished', roomSid: 'RM_1' } });
  });

  it('holds its room while LiveKit lists the room', () => {
    expect(look(ending, 'listed').kind).toBe('nothing');
  });

  it('does not free its room again when the end of the room is already known', () => {
    expect(look({ ...ending, finishedRoomSid: 'RM_1' }, 'absent').kind).toBe('nothing');
    expect(look({ ...ending, liveKey: ending.uid }, 'absent').kind).toBe('nothing');
  });

  it('is the only kind that frees its room: an active recording holds a room that LiveKit does not list', () => {
    const { endingSince: _none, ...active } = ending;
    expect(look(active, 'absent').kind).toBe('nothing');
  });
});

describe('the suspicion that an egress is dead', () => {
  const listed = buildEgress('ACTIVE');
  it.each<[string, string, Sight, string | undefined]>([
    [
      'is raised by an ACTIVE egress whose recorder is not in the room',
      'active',
      sight({ egress: listed, room: 'listed' }),
      'recorder_gone',
    ],
    [
      'is raised by an ACTIVE egress without its recorder while the recording is stopping',
      'ending',
      sight({ egress: listed, room: 'listed' }),
      'recorder_gone',
    ],
    [
      'is raised by a STARTING egress without a recorder while the start is being cancelled',
      'cancelling',
      sight({ egress: buildEgress('STARTING') }),
      'recorder_gone',
    ],
    [
      'is not raised while the egress starts, because its recorder joins late',
      'awaiting',
      sight({ egress: buildEgress('STARTING') }),
      undefined,
    ],
    [
      'is not raised by an ENDING egress, because the recorder leaves before the file is delivered',
      'ending',
      sight({ egress: buildEgress('ENDING') }),
      undefined,
    ],
    [
      'is not raised when the participants could not be listed',
      'active',
      sight({ egress: listed, recorder: 'unknown' }),
      undefined,
    ],
    ['is raised by an egress unknown to LiveKit whose room and recorder are gone', 'active', sight(), 'unknown_everywhere'],
    [
      'is not raised by an egress unknown to LiveKit whose room is listed: LiveKit may have lost its Redis',
      'active',
      sight({ room: 'listed' }),
      undefined,
    ],
    [
      'is raised by an egress unknown to LiveKit of a stopping recording although its room is listed',
      'ending',
      sight({ room: 'listed' }),
      'unknown_everywhere',
    ],
    [
      'is not raised by an egress unknown to LiveKit of a stopping recording whose recorder is in the room',
      'ending',
      sight({ room: 'listed', recorder: 'present' }),
      undefined,
    ],
    [
      'is not raised by an egress unknown to LiveKit whose recorder is in the room',
      'active',
      sight({ recorder: 'present' }),
      undefined,
    ],
    ['is not raised when LiveKit gave no answer about the egress', 'active', sight({ egress: 'unknown' }), undefined],
  ])('%s', (_name, state, seen, expected) => {
    expect(suspicionOf(situation(state), seen)).toBe(expected);
  });
});

describe('the death of an egress', () => {
  const active = situation('active');
  const gone = sight({ egress: buildEgress('ACTIVE'), room: 'listed' });

  it('is concluded when two looks 20 s apart raise the same suspicion', () => {
    expect(lookTwice(active, active, [gone, gone], GONE_MS)).toBe('recorder.gone');
    expect(lookTwice(active, active, [sight(), sight()], GONE_MS)).toBe('egress.missing');
  });

  it('is not concluded when the second look comes a millisecond before 20 s have passed', () => {
    expect(lookTwice(active, active, [gone, gone], GONE_MS - 1)).toBeUndefined();
  });

  it('is not concluded when the recording made a transition between the two looks', () => {
    const stepped = withKernel(active, { version: 8, history: [transition(NOON + 1, 'stop')] });
    expect(lookTwice(active, stepped, [gone, gone], GONE_MS)).toBeUndefined();
  });

  it('is concluded although an effect was retried between the two looks, as the stop of a dead egress is', () => {
    const ending = withKernel(situation('ending'), { history: [transition(NOON - 1, 'stop')] });
    expect(lookTwice(ending, withKernel(ending, { version: 12 }), [gone, gone], GONE_MS)).toBe('recorder.gone');
  });

  it('is not concluded when the second look raises another suspicion', () => {
    expect(lookTwice(active, active, [gone, sight()], GONE_MS)).toBeUndefined();
  });
});
