import { describe, expect, it } from 'vitest';

import { statePath } from '../../../src/machines/kernel/document.js';
import { nextStep } from '../../../src/machines/kernel/step.js';
import { defineRoom } from '../../../src/machines/room/machine/definition.js';
import { restingStates } from '../recording/chart.js';
import { EVENTS, SITUATIONS } from './situations.js';

const definition = defineRoom();

/** Reasons why an event leaves a room unchanged, by their mark in the table. `X` marks an event that changes it. */
const REASONS: Readonly<Record<string, string>> = {
  k: 'known: the meeting is on or over already, or the room is open or closed already',
  n: 'not this meeting: a late end of an earlier one, or an end that names none',
  p: 'policy: the deletion is refused',
  t: 'tombstone: nothing is left that could change',
};

/** One row per event; its marks are in the order of `SITUATIONS`. */
const TABLE: Readonly<Record<string, string>> = {
  'meeting.started': 'X X k X k k X t',
  'meeting.started another': 'X X X X X X X t',
  'meeting.finished': 'X k X X X X X t',
  'meeting.finished another': 'X X n X n n X t',
  'meeting.finished unnamed': 'n n n X n n n t',
  open: 'k k k k X X X t',
  close: 'X X X X k X k t',
  'delete, recorded, meeting force, recordings force': 'X X X X X X X t',
  'delete, recorded, meeting force, recordings close': 'X X X X X X k t',
  'delete, recorded, meeting force, recordings fail': 'p p p p p p p t',
  'delete, recorded, meeting when_meeting_ends, recordings force': 'X X X X X X X t',
  'delete, recorded, meeting when_meeting_ends, recordings close': 'X X X X X X k t',
  'delete, recorded, meeting when_meeting_ends, recordings fail': 'p p p p p p p t',
  'delete, recorded, meeting fail, recordings force': 'X X p p p p X t',
  'delete, recorded, meeting fail, recordings close': 'X X p p p p k t',
  'delete, recorded, meeting fail, recordings fail': 'p p p p p p p t',
  'delete, unrecorded, meeting force, recordings force': 'X X X X X X X t',
  'delete, unrecorded, meeting force, recordings close': 'X X X X X X X t',
  'delete, unrecorded, meeting force, recordings fail': 'X X X X X X X t',
  'delete, unrecorded, meeting when_meeting_ends, recordings force': 'X X X X X X X t',
  'delete, unrecorded, meeting when_meeting_ends, recordings close': 'X X X X X X X t',
  'delete, unrecorded, meeting when_meeting_ends, recordings fail': 'X X X X X X X t',
  'delete, unrecorded, meeting fail, recordings force': 'X X p p p p X t',
  'delete, unrecorded, meeting fail, recordings close': 'X X p p p p X t',
  'delete, unrecorded, meeting fail, recordings fail': 'X X p p p p X t',
};

describe('the table of events and states of a room', () => {
  it('has a row for every event', () => {
    expect(Object.keys(TABLE)).toEqual(Object.keys(EVENTS));
  });

  it('covers every state in which a room can rest', () => {
    const covered = new Set(Object.values(SITUATIONS).map(({ tally }) => statePath(tally.state)));
    expect([...covered].sort()).toEqual(restingStates(definition.machine.root).sort());
  });

  describe.each(Object.entries(EVENTS))('event "%s"', (name, event) => {
    const marks = TABLE[name]?.split(' ') ?? [];

    it.each(Object.entries(SITUATIONS).map(([situation, document], column) => ({ situation, document, column })))(
      'changes a room that is $situation, or is ignored for a named reason',
      ({ document, column }) => {
        const mark = marks[column] ?? 'missing';
        if (nextStep(definition, document, event).changed) expect(mark).toBe('X');
        else expect(REASONS[mark], `ignored, the table says '${mark}'`).toBeDefined();
      },
    );
  });
});
