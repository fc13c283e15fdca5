/** A test case as `vitest list` or a run reports it. */
export interface ListedCase {
  /** Titles from the outermost `describe` inwards, joined by ` > `. */
  readonly name: string;
  /** The path from the root of the repository. */
  readonly file: string;
  /** The result of the case; absent when the case was only listed. */
  readonly state?: string;
}

interface Case {
  readonly title: string;
  readonly state?: string | undefined;
}

/** Cases by suite, then by adapter. */
type Suites = Map<string, Map<string, Case[]>>;

/** The titles of a contract suite name the port and the adapter: `room store: LMDB > …`. */
const contract = /^(.+?): (.+?) > (.+)$/;
const folders: Readonly<Record<string, string>> = { 'test/http/': 'HTTP', 'test/scenarios/': 'scenarios' };
const onMemory = 'memory';

/**
 * Checks that each suite of the embedded adapters has run on real adapters, with the same cases, and that all of them passed.
 *
 * @param embedded every case of `npm test`
 * @param real every case that ran on servers
 * @returns the rows of a table with its heading, and a description of each difference
 */
export function compareSuites(
  embedded: readonly ListedCase[],
  real: readonly ListedCase[],
): { rows: string[][]; faults: string[] } {
  const [ours, theirs] = [suitesOf(embedded), suitesOf(real)];
  const rows = [['suite', 'embedded', 'cases', 'real', 'cases', 'passed']];
  const faults: string[] = [];
  for (const [suite, adapters] of ours) {
    const names = new Set([...adapters.values()].flat().map(({ title }) => title));
    const count = Math.max(...[...adapters.values()].map(({ length }) => length)); // titles may repeat
    const counterparts = theirs.get(suite) ?? new Map<string, Case[]>();
    if (counterparts.size === 0) faults.push(`${suite}: runs on no real adapter`);
    for (const [adapter, cases] of counterparts) {
      const passed = cases.filter(({ state }) => state === 'passed');
      faults.push(...faultsOf(names, count, cases, passed).map((fault) => `${suite} on ${adapter}: ${fault}`));
      rows.push([suite, [...adapters.keys()].join(', '), String(count), adapter, String(cases.length), String(passed.length)]);
    }
  }
  return { rows, faults };
}

function faultsOf(names: ReadonlySet<string>, count: number, cases: readonly Case[], passed: readonly Case[]): string[] {
  const ran = new Set(passed.map(({ title }) => title));
  return [
    ...[...names].filter((name) => !ran.has(name)).map((name) => `did not pass: ${name}`),
    ...cases.filter(({ title }) => !names.has(title)).map(({ title }) => `not on the embedded one: ${title}`),
    ...(passed.length === count ? [] : [`${passed.length} of ${count} passed`]),
  ];
}

/** Groups the cases by suite and adapter, and leaves out cases that belong to no suite. */
function suitesOf(cases: readonly ListedCase[]): Suites {
  const suites: Suites = new Map();
  const add = (suite: string, adapter: string, entry: Case) => {
    const adapters = suites.get(suite) ?? new Map<string, Case[]>();
    suites.set(suite, adapters.set(adapter, [...(adapters.get(adapter) ?? []), entry]));
  };
  for (const { name, file, state } of cases) {
    const folder = Object.keys(folders).find((prefix) => file.startsWith(prefix));
    const [, kind, adapter, title] = contract.exec(name) ?? [];
    if (folder !== undefined)
      add(folders[folder] ?? '', state === undefined ? 'in process' : 'MongoDB, Redis, MinIO', { title: name, state });
    else if (kind !== undefined && adapter !== undefined && title !== undefined && adapter !== onMemory)
      add(kind, adapter, { title, state });
  }
  return suites;
}
