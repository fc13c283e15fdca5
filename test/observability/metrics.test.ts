import { describe, expect, it } from 'vitest';

import { createMetrics } from '../../src/observability/metrics.js';

describe('a counter', () => {
  it('without labels has a sample of value 0 from its creation', () => {
    const metrics = createMetrics();
    const rooms = metrics.counter('rooms_total', 'Rooms');
    expect(metrics.samples()).toEqual([{ name: 'rooms_total', help: 'Rooms', labels: {}, value: 0 }]);
    rooms.add({});
    rooms.add({});
    expect(metrics.samples()).toMatchObject([{ value: 2 }]);
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

  it('cannot be created with the name of another counter', () => {
    const metrics = createMetrics();
    metrics.counter('rooms_total', 'Rooms');
    expect(() => metrics.counter('rooms_total', 'Other rooms')).toThrow('rooms_total');
  });
});
