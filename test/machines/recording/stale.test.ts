import { describe, expect, it } from 'vitest';

import { statePath } from '../../../src/machines/kernel/document.js';
import { nextStep } from '../../../src/machines/kernel/step.js';
import type { RecordingEvent } from '../../../src/machines/recording/events.js';
import type { RecordingDocument } from '../../../src/machines/recording/recording.js';
import { buildEvent, definition, observed } from './build.js';
import { SITUATIONS } from './situations.js';

const stop = (reason: 'stale' | 'request') => buildEvent({ type: 'stop', reason });
const missing = buildEvent({ type: 'egress.missing', cause: 'gone' });
const found = buildEvent({ type: 'media.found', size: 868 });
const absent = buildEvent({ type: 'media.absent' });

function after(...events: RecordingEvent[]): string {
  const { active } = SITUATIONS;
  if (active === undefined) throw new Error('no such situation');
  let document: RecordingDocument = active;
  for (const event of events) {
    const { state, context } = nextStep(definition, document, event);
    document = { ...context, tally: { ...document.tally, state } };
  }
  return statePath(document.tally.state);
}

describe('a recording that is stopped as stale', () => {
  it('waits for its egress and takes the outcome of its egress', () => {
    expect(after(stop('stale'))).toBe('stopping.ending');
    expect(after(stop('stale'), observed('COMPLETE'))).toBe('complete');
    expect(after(stop('stale'), observed('FAILED'))).toBe('failed.rescuable');
    expect(after(stop('stale'), observed('ABORTED'))).toBe('aborted.rescuable');
  });

  it('is aborted when its egress is missing and has left no complete file', () => {
    expect(after(stop('stale'), missing, absent)).toBe('aborted.rescuable');
  });

  it('is complete when its egress is missing but a complete file is found, also late', () => {
    expect(after(stop('stale'), missing, found)).toBe('complete');
    expect(after(stop('stale'), missing, absent, found)).toBe('complete');
  });

  it('is aborted where a recording that a client stopped first, or that was not stopped, fails', () => {
    expect(after(stop('request'), missing, absent)).toBe('failed.rescuable');
    expect(after(missing, absent)).toBe('failed.rescuable');
    expect(after(stop('request'), stop('stale'), missing, absent)).toBe('failed.rescuable');
  });
});
