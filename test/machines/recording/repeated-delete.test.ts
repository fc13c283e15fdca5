import { describe, expect, it } from 'vitest';

import { nextStep } from '../../../src/machines/kernel/step.js';
import { buildEvent, definition } from './build.js';
import { SITUATIONS } from './situations.js';

describe('a recording whose start is being cancelled', () => {
  it('takes in one delete event, and a second one changes nothing', () => {
    const cancelling = SITUATIONS['cancelling'];
    if (cancelling === undefined) throw new Error('no such situation');
    const deleted = nextStep(definition, cancelling, buildEvent({ type: 'delete' }));
    expect(deleted.context.deleteWhenSettled).toBe(true);
    const again = nextStep(definition, { ...deleted.context, tally: cancelling.tally }, buildEvent({ type: 'delete' }));
    expect(again.changed).toBe(false);
  });
});
