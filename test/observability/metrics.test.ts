import { describe, expect, it } from 'vitest';

import { createMetrics } from '../../src/observability/metrics.js';

describe('a counter', () => {
  it('without labels is there from the start, at 0', () => {
    const metrics = createMetrics();
    const rooms = metrics.counter('rooms_total', 'Rooms');
    expect(metrics.samples()).toEqual([{ name: 'rooms_total', help: 'Rooms', labels: {}, value: 0 }]);
    rooms.add({});
    rooms.add({}, 4);
    expect(metrics.samples()).toMatchObject([{ value: 5 }]);
  });

  it('counts each set of labels by itself, whatever the order of the labels', () => {
    const metrics = createMetrics();
    const runs = metrics.counter('runs_total', 'Runs', ['job', 'outcome']);
    expect(metrics.samples()).toEqual([]);
    runs.add({ job: 'sweep', outcome: 'ran' });
    runs.add({ outcome: 'ran', job: 'sweep' });
    runs.add({ job: 'sweep', outcome: 'failed' });
    expect(metrics.samples()).toEqual([
      { name: 'runs_total', help: 'Runs', labels: { job: 'sweep', outcome: 'ran' }, value: 2 },
      { name: 'runs_total', help: 'Runs', labels: { job: 'sweep', outcome: 'failed' }, value: 1 },
    ]);
  });

  it('has its name alone: two of one name are a mistake', () => {
    const metrics = createMetrics();
    metrics.counter('rooms_total', 'Rooms');
    expect(() => metrics.counter('rooms_total', 'Other rooms')).toThrow('rooms_total');
  });
});
