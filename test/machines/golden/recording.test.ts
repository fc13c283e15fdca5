import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { statePath } from '../../../src/machines/kernel/document.js';
import { nextStep } from '../../../src/machines/kernel/step.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import { definition } from '../recording/build.js';
import { restingStates } from '../recording/chart.js';
import { EVENTS } from '../recording/situations.js';

/**
 * Documents that the first release stored, one recording in each state. Never regenerate these files: every later chart must be
 * able to continue from them.
 */
const FOLDER = new URL('./recording-v1/', import.meta.url);
const records = readdirSync(FOLDER).map((file) => {
  const document = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as RecordingDocument;
  return { state: file.replace(/\.json$/, ''), document };
});

describe('golden documents of the first release', () => {
  it('exist for every state in which a recording can rest', () => {
    expect(records.map(({ state }) => state).sort()).toEqual(restingStates(definition.machine.root).sort());
  });

  it.each(records)('$state: the current chart has this state and reads this version', ({ state, document }) => {
    expect(statePath(document.tally.state)).toBe(state);
    expect(document.tally.machineVersion).toBeLessThanOrEqual(definition.version);
    expect(
      definition.machine.root.machine.resolveState({ value: document.tally.state, context: document } as never).value,
    ).toEqual(document.tally.state);
  });

  it.each(records)('$state: every pending effect has a definition today', ({ document }) => {
    for (const { name } of document.tally.effects) expect(definition.effects).toHaveProperty(name);
  });

  it.each(records)('$state: the machine takes every event without an error', ({ document }) => {
    const before = structuredClone(document);
    for (const event of Object.values(EVENTS)) expect(() => nextStep(definition, document, event)).not.toThrow();
    expect(document).toEqual(before);
  });

  it.each(records.filter(({ state }) => state !== 'deleted'))('$state: the recording can still be deleted', ({ document }) => {
    const events = ['delete', 'observed COMPLETE', 'media.found'] as const;
    const end = events.reduce((current, name) => {
      const { state, context } = nextStep(definition, current, EVENTS[name] ?? raise(name));
      return { ...context, tally: { ...current.tally, state } };
    }, document);
    expect(end.tally.state).toBe('deleted');
  });
});

function raise(name: string): never {
  throw new Error(`no event '${name}'`);
}
