import { describe, expect, it } from 'vitest';

import { statePath } from '../../../src/machines/kernel/document.js';
import { nextStep } from '../../../src/machines/kernel/step.js';
import { definition } from './build.js';
import { restingStates } from './chart.js';
import { EVENTS, SITUATIONS } from './situations.js';

/** Reasons why an event leaves a recording unchanged, by their mark in the table. `X` marks an event that changes it. */
const REASONS: Readonly<Record<string, string>> = {
  k: 'known: a snapshot that tells nothing new, or is older than what was seen',
  s: 'settled: the outcome is known and never changes but by the file',
  n: 'not ours: another egress, another incarnation of the room',
  c: 'contradicted: the egress is known, so the start was taken, whatever the call says',
  a: 'asked already: the stop is on its way',
  o: 'over: a settled recording cannot be stopped, and holds no room',
  d: 'no such deadline: none is armed, or a newer one is',
  r: 'no proof: the recorder joins late while the egress starts and is not waited for after it',
  m: 'not asked: the media store is only asked once the egress is over',
  f: 'file: its start was an error, so a file is removed and not looked at',
  p: 'past: the start was decided long ago',
  t: 'tombstone: only the end of its egress, which may have delivered a file, still means something',
};

const TABLE = `
                          requesting awaiting confirming cancelling unnamed active ending lost complete f.rescuable f.discarded a.rescuable a.discarded deleted
observed STARTING         X          k        k          k          X       k      k      k    k        k           k           k           k           t
observed ACTIVE           X          X        X          X          X       k      k      k    k        k           X           k           k           t
observed ACTIVE news      X          X        X          X          X       X      X      k    k        k           X           k           k           t
observed ENDING           X          X        X          X          X       X      X      X    k        k           X           k           k           t
observed COMPLETE         X          X        X          X          X       X      X      X    s        X           X           s           X           X
observed LIMIT_REACHED    X          X        X          X          X       X      X      X    s        X           X           s           X           X
observed FAILED           X          X        X          X          X       X      X      X    s        X           X           s           X           X
observed ABORTED          X          X        X          X          X       X      X      X    s        s           X           s           X           X
observed another          n          n        n          n          n       n      n      n    n        n           n           n           n           n
start.refused             X          c        c          c          X       p      p      p    p        p           p           p           p           t
start.unknown             X          c        c          c          X       p      p      p    p        p           p           p           p           t
start.unknown cancel      X          X        X          c          X       p      p      p    p        p           p           p           p           t
stop                      X          X        X          a          a       X      a      a    o        o           o           o           o           t
stop stale                X          X        X          a          a       X      a      a    o        o           o           o           o           t
deadline.passed           X          X        X          X          X       d      X      d    d        d           d           d           d           t
deadline.passed stale     d          d        d          d          d       d      d      d    d        d           d           d           d           t
egress.missing            X          X        X          X          X       X      X      s    s        s           s           s           s           t
recorder.gone             r          r        r          X          r       X      X      r    s        s           s           s           s           t
media.found               m          m        m          m          m       m      m      X    X        X           f           X           f           t
media.absent              m          m        m          m          m       m      m      X    X        X           f           X           f           t
room.finished             X          X        X          X          X       X      X      X    o        o           o           o           o           t
room.finished another     X          n        n          n          X       n      n      n    o        o           o           o           o           t
delete                    X          X        X          X          X       X      X      X    X        X           X           X           X           t
`;

const [heading = '', ...rows] = TABLE.trim().split('\n');
const columns = heading.trim().split(/\s+/);
const cells = new Map(
  rows.map((row) => {
    const [name = '', ...marks] = row.trim().split(/\s{2,}/);
    return [name, marks];
  }),
);

describe('the table of events and states of a recording', () => {
  it('has a column for every situation and a row for every event', () => {
    expect(columns).toHaveLength(Object.keys(SITUATIONS).length);
    expect([...cells.keys()]).toEqual(Object.keys(EVENTS));
  });

  it('covers every state in which a recording can rest', () => {
    const covered = Object.values(SITUATIONS).map(({ tally }) => statePath(tally.state));
    const atomic = restingStates(definition.machine.root);
    expect([...new Set(covered)].sort()).toEqual(atomic.sort());
  });

  describe.each(Object.entries(SITUATIONS).map(([name, document], column) => ({ name, document, column })))(
    'when $name',
    ({ document, column }) => {
      it.each(Object.entries(EVENTS))('%s changes the recording, or is ignored for a named reason', (name, event) => {
        const mark = cells.get(name)?.[column] ?? 'missing';
        const { changed } = nextStep(definition, document, event);
        if (changed) expect(mark).toBe('X');
        else expect(REASONS[mark], `ignored, the table says '${mark}'`).toBeDefined();
      });
    },
  );
});
