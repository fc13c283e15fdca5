import { describe, expect, it } from 'vitest';

import { nextStep } from '../../../src/machines/kernel/step.js';
import { buildEvent, definition } from './build.js';
import { SITUATIONS } from './situations.js';

describe('a recording whose start is being undone', () => {
  it('is told to be deleted once: the second time changes nothing, not even its deadline', () => {
    const cancelling = SITUATIONS['cancelling'];
    if (cancelling === undefined) throw new Error('no such situation');
    const told = nextStep(definition, cancelling, buildEvent({ type: 'delete' }));
    expect(told.context.deleteWhenSettled).toBe(true);
    const again = nextStep(definition, { ...told.context, tally: cancelling.tally }, buildEvent({ type: 'delete' }));
    expect(again.changed).toBe(false);
  });
});
