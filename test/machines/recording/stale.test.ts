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

describe('a stale recording', () => {
  it('is stopped like any other, and ends as its egress ends', () => {
    expect(after(stop('stale'))).toBe('stopping.ending');
    expect(after(stop('stale'), observed('COMPLETE'))).toBe('complete');
    expect(after(stop('stale'), observed('FAILED'))).toBe('failed.rescuable');
    expect(after(stop('stale'), observed('ABORTED'))).toBe('aborted.rescuable');
  });

  it('is aborted when it is lost and no complete file is there', () => {
    expect(after(stop('stale'), missing, absent)).toBe('aborted.rescuable');
  });

  it('is complete with a complete file, also with one that is found late', () => {
    expect(after(stop('stale'), missing, found)).toBe('complete');
    expect(after(stop('stale'), missing, absent, found)).toBe('complete');
  });

  it('is the only one to be aborted: one that a client stopped, or that was lost in use, fails', () => {
    expect(after(stop('request'), missing, absent)).toBe('failed.rescuable');
    expect(after(missing, absent)).toBe('failed.rescuable');
    expect(after(stop('request'), stop('stale'), missing, absent)).toBe('failed.rescuable');
  });
});
