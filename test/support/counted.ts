import { metrics, type Sample } from '../../src/observability/metrics.js';

/** The value of a counter of this process, summed over all samples with these labels; 0 when there is none. */
export function counted(name: string, labels: Sample['labels'] = {}): number {
  const isMeant = (sample: Sample) =>
    sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
  return metrics
    .samples()
    .filter(isMeant)
    .reduce((sum, { value }) => sum + value, 0);
}
