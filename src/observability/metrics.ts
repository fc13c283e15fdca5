/** The present value of one counter under one set of labels. */
export interface Sample {
  name: string;
  /** What is counted, in a sentence for whoever reads the metric. */
  help: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** Counts up from 0 since the process started. */
export interface Counter<Label extends string> {
  /** @param by 0 or more; default 1 */
  add(labels: Readonly<Record<Label, string>>, by?: number): void;
}

export interface Metrics {
  /**
   * @param name unique, in Prometheus' style, such as `tally_webhooks_total`
   * @param labels names of labels that take few values each: never an id
   */
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  /** Every counter under every set of labels that it has met. A counter without labels is there from the start. */
  samples(): Sample[];
}

export function createMetrics(): Metrics {
  const all = new Map<string, Map<string, Sample>>();
  return {
    counter(name, help, labels = []) {
      if (all.has(name)) throw new Error(`There are two counters ${name}`);
      const series = new Map<string, Sample>();
      all.set(name, series);

      const add = (given: Readonly<Record<string, string>>, by: number): void => {
        const values = labels.map((label) => [label, given[label] ?? ''] as const);
        const key = JSON.stringify(values);
        const sample = series.get(key) ?? { name, help, labels: Object.fromEntries(values), value: 0 };
        series.set(key, { ...sample, value: sample.value + by });
      };
      if (labels.length === 0) add({}, 0);
      return { add: (given, by = 1) => add(given, by) };
    },
    samples: () => [...all.values()].flatMap((series) => [...series.values()]),
  };
}

/** What this process has counted. */
export const metrics = createMetrics();
