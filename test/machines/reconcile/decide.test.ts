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

describe('the verdict on one look at LiveKit', () => {
  it.each<[string, string, Sight, string | undefined]>([
    ['a new status of the egress is an observation', 'awaiting', sight({ egress: buildEgress('ACTIVE') }), 'egress.observed'],
    [
      'an egress found by its path is an observation',
      'requesting',
      sight({ egress: buildEgress('STARTING') }),
      'egress.observed',
    ],
    ['an end whose webhook was lost is an observation', 'active', sight({ egress: buildEgress('COMPLETE') }), 'egress.observed'],
    [
      'a status that is known already is nothing',
      'active',
      sight({ egress: buildEgress('ACTIVE'), recorder: 'present', room: 'listed' }),
      undefined,
    ],
    [
      'a start that LiveKit does not show yet is nothing: its effect looks for the egress',
      'requesting',
      sight({ egress: 'unknown' }),
      undefined,
    ],
    ['a settled recording is nothing, whatever LiveKit shows', 'complete', sight(), undefined],
    ['a deleted recording is nothing, whatever LiveKit shows', 'deleted', sight(), undefined],
  ])('%s', (_name, state, seen, expected) => {
    const verdict = decide(situation(state), seen, NOON);
    expect(verdict.kind === 'event' ? verdict.event.type : undefined).toBe(expected);
  });
});

describe('a recording whose egress has shown ENDING', () => {
  const ending: RecordingDocument = { ...situation('ending'), endingSince: NOON, roomSid: 'RM_1' };
  const look = (recording: RecordingDocument, room: Sight['room']) => decide(recording, sight({ egress: 'unknown', room }), NOON);

  it('leaves its room once LiveKit no longer lists the room: the next meeting may be recorded', () => {
    expect(look(ending, 'absent')).toMatchObject({ kind: 'event', event: { type: 'room.finished', roomSid: 'RM_1' } });
  });

  it('keeps its room while LiveKit lists the room', () => {
    expect(look(ending, 'listed').kind).toBe('nothing');
  });

  it('leaves its room once, and not again when the end of the room is known', () => {
    expect(look({ ...ending, finishedRoomSid: 'RM_1' }, 'absent').kind).toBe('nothing');
    expect(look({ ...ending, liveKey: ending.uid }, 'absent').kind).toBe('nothing');
  });

  it('alone leaves its room: an active recording keeps it although LiveKit does not list it', () => {
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
      'is raised by the same while the recording is stopping',
      'ending',
      sight({ egress: listed, room: 'listed' }),
      'recorder_gone',
    ],
    [
      'is raised by a STARTING egress without a recorder while its start is being undone',
      'cancelling',
      sight({ egress: buildEgress('STARTING') }),
      'recorder_gone',
    ],
    [
      'is not raised while the egress starts: its recorder joins late',
      'awaiting',
      sight({ egress: buildEgress('STARTING') }),
      undefined,
    ],
    [
      'is not raised from ENDING on: the recorder leaves before the file is delivered',
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
    ['is raised by an unknown egress whose room and recorder are gone', 'active', sight(), 'unknown_everywhere'],
    [
      'is not raised by an unknown egress whose room is listed: LiveKit may have lost its Redis',
      'active',
      sight({ room: 'listed' }),
      undefined,
    ],
    [
      'is raised by an unknown egress of a stopping recording although its room is listed',
      'ending',
      sight({ room: 'listed' }),
      'unknown_everywhere',
    ],
    [
      'is not raised by an unknown egress of a stopping recording whose recorder is there',
      'ending',
      sight({ room: 'listed', recorder: 'present' }),
      undefined,
    ],
    ['is not raised by an unknown egress whose recorder is there', 'active', sight({ recorder: 'present' }), undefined],
    ['is not raised when LiveKit could not be asked for the egress', 'active', sight({ egress: 'unknown' }), undefined],
  ])('%s', (_name, state, seen, expected) => {
    expect(suspicionOf(situation(state), seen)).toBe(expected);
  });
});

describe('a death takes two looks, and', () => {
  const active = situation('active');
  const gone = sight({ egress: buildEgress('ACTIVE'), room: 'listed' });

  it('is concluded 20 s after the first look', () => {
    expect(lookTwice(active, active, [gone, gone], GONE_MS)).toBe('recorder.gone');
    expect(lookTwice(active, active, [sight(), sight()], GONE_MS)).toBe('egress.missing');
  });

  it('is not concluded a millisecond earlier', () => {
    expect(lookTwice(active, active, [gone, gone], GONE_MS - 1)).toBeUndefined();
  });

  it('is not concluded when the recording made a transition in between', () => {
    const stepped = withKernel(active, { version: 8, history: [transition(NOON + 1, 'stop')] });
    expect(lookTwice(active, stepped, [gone, gone], GONE_MS)).toBeUndefined();
  });

  it('is concluded although an effect was repeated in between: the stop of a dead egress never succeeds', () => {
    const ending = withKernel(situation('ending'), { history: [transition(NOON - 1, 'stop')] });
    expect(lookTwice(ending, withKernel(ending, { version: 12 }), [gone, gone], GONE_MS)).toBe('recorder.gone');
  });

  it('is not concluded when the second look raises another suspicion', () => {
    expect(lookTwice(active, active, [gone, sight()], GONE_MS)).toBeUndefined();
  });
});
