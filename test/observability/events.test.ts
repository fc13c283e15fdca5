import { describe, expect, it } from 'vitest';

import type { Log } from '../../src/logging.js';
import { jobRan, outageBegan, outageEnded, roomDeleted, strayStopped } from '../../src/observability/events.js';
import { metrics } from '../../src/observability/metrics.js';
import { counted } from '../support/counted.js';
import { silentLog } from '../support/silent-log.js';

interface Line {
  level: keyof Log;
  fields: object;
  sentence: string;
}

/** A log that collects its lines. */
function createLines(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const write = (level: keyof Log) => (fields: object, sentence: string) => void lines.push({ level, fields, sentence });
  return { log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }, lines };
}

describe('a business event', () => {
  it('writes one log line with its ids and adds one to a counter whose labels have no ids', () => {
    const { log, lines } = createLines();
    const before = counted('tally_strays_total', { done: 'stopped' });
    const fields = { egressId: 'EG_1', room: 'room-1', recording: 'a1', outcome: 'stopping' } as const;
    strayStopped(log, fields);
    expect(lines).toEqual([{ level: 'warn', fields, sentence: 'stray egress stopped' }]);
    expect(counted('tally_strays_total', { done: 'stopped' })).toBe(before + 1);
    expect(metrics.samples().flatMap(({ labels }) => Object.values(labels))).not.toContain('EG_1');
  });

  it('is counted under the label that its fields give', () => {
    roomDeleted(silentLog, { room: 'room-1', deletion: 'room_closed' });
    roomDeleted(silentLog, { room: 'room-2', deletion: 'room_deleted' });
    roomDeleted(silentLog, { room: 'room-3', deletion: 'room_deleted' });
    expect(counted('tally_rooms_deleted_total', { outcome: 'room_deleted' })).toBe(2);
    expect(counted('tally_rooms_deleted_total')).toBe(3);
  });

  it('does not compile when one of its fields is misspelt or missing', () => {
    // @ts-expect-error `counts` is misspelt
    expect(() => jobRan(silentLog, { job: 'sweep', ms: 3, count: {} })).not.toThrow();
    // @ts-expect-error `ms` is missing
    expect(() => jobRan(silentLog, { job: 'sweep', counts: {} })).not.toThrow();
  });
});

it('an outage writes two log lines that begin with the name of the service, keeps the stack at debug, and is counted once', () => {
  const { log, lines } = createLines();
  outageBegan(log, { service: 'Redis', err: new Error('refused') });
  outageEnded(log, { service: 'Redis' });
  expect(lines.map(({ level, sentence }) => [level, sentence])).toEqual([
    ['warn', 'Redis cannot be reached'],
    ['debug', 'Redis failed'],
    ['info', 'Redis can be reached again'],
  ]);
  expect(counted('tally_outages_total', { service: 'Redis' })).toBe(1);
});
