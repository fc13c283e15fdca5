import { expect, it } from 'vitest';

import { type Parts, shutDown } from '../../src/app/shutdown.js';
import { createLogger } from '../../src/logging.js';
import { createTestClock } from '../support/test-clock.js';

it('the stop closes the port before it stops the machines, and the machines before the stores, even if other parts fail', async () => {
  const done: string[] = [];
  const ends = (part: string) => async () => {
    done.push(`${part} begins`);
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    done.push(`${part} ended`);
  };
  const fails = () => Promise.reject(new Error('it failed'));
  const parts = {
    listener: { leave: () => undefined, close: ends('port') },
    reconciler: { stop: fails },
    jobs: { close: fails },
    machines: { recordings: { stop: fails }, rooms: { stop: ends('rooms') } },
    persistence: { close: ends('stores') },
  } as object as Parts;
  const log = createLogger({ level: 'silent', name: 'tally' });
  const options = { clock: createTestClock(), log, drainMs: 0, leaving: new AbortController() };
  await expect(shutDown(parts, options)).rejects.toThrow('it failed');
  expect(done).toEqual(['port', 'rooms', 'stores'].flatMap((part) => [`${part} begins`, `${part} ended`]));
});
