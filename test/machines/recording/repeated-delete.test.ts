import { describe, expect, it } from 'vitest';

import { createHost } from '../../../src/machines/kernel/host.js';
import { buildEvent, definition } from './build.js';
import { SITUATIONS } from './situations.js';

describe('a recording whose start is being undone', () => {
  it('is told to be deleted once: the second time changes nothing, not even its deadline', () => {
    const host = createHost(definition);
    const cancelling = SITUATIONS['cancelling'];
    if (cancelling === undefined) throw new Error('no such situation');
    const told = host.step(cancelling, buildEvent({ type: 'delete' }));
    expect(told.context.deleteWhenSettled).toBe(true);
    const again = host.step({ ...told.context, tally: cancelling.tally }, buildEvent({ type: 'delete' }));
    expect(again.changed).toBe(false);
  });
});
