/** The current value of one counter for one set of labels. */
export interface Sample {
  name: string;
  /** Description of the counter for readers of the metrics. */
  help: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

export function createMetrics() {
  const all = new Map<string, Map<string, Sample>>();
  return {
    /**
     * A counter that counts up from 0 since the process started.
     *
     * @param name unique, in Prometheus' style, such as `tally_webhooks_total`
     * @param labels names of labels that take few values each: never an id
     */
    counter<Label extends string = never>(name: string, help: string, labels: readonly Label[] = []) {
      if (all.has(name)) throw new Error(`There are two counters ${name}`);
      const series = new Map<string, Sample>();
      all.set(name, series);

      const count = (given: Partial<Record<Label, string>>, by: number): void => {
        const values = labels.map((label) => [label, given[label] ?? ''] as const);
        const key = JSON.stringify(values);
        const sample = series.get(key) ?? { name, help, labels: Object.fromEntries(values), value: 0 };
        series.set(key, { ...sample, value: sample.value + by });
      };
      if (labels.length === 0) count({}, 0);
      return { add: (given: Readonly<Record<Label, string>>) => count(given, 1) };
    },
    /** All counters, with all sets of labels used so far. A counter without labels exists from the start. */
    samples: () => [...all.values()].flatMap((series) => [...series.values()]),
  };
}

/** The counters of this process. */
export const metrics = createMetrics();
