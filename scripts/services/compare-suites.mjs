const contract = /^(.+?): (.+?) > (.+)$/;
const folders = { 'test/http/': 'HTTP', 'test/scenarios/': 'scenarios' };
const onMemory = 'memory';

/**
 * Whether each suite of the embedded adapters has run on real ones: the same cases, all of them passed.
 *
 * @param embedded every case of `npm test`, as `{ name, file }`
 * @param real every case that ran on servers, as `{ name, file, state }`
 * @returns rows of text with their heading, and in words what is not as it must be
 */
export function compareSuites(embedded, real) {
  const [ours, theirs] = [suitesOf(embedded), suitesOf(real)];
  const rows = [['suite', 'embedded', 'cases', 'real', 'cases', 'passed']];
  const faults = [];
  for (const [suite, adapters] of ours) {
    const names = new Set([...adapters.values()].flat().map(({ title }) => title));
    const count = Math.max(...[...adapters.values()].map(({ length }) => length)); // titles may repeat
    const counterparts = theirs.get(suite) ?? new Map();
    if (counterparts.size === 0) faults.push(`${suite}: runs on no real adapter`);
    for (const [adapter, cases] of counterparts) {
      const passed = cases.filter(({ state }) => state === 'passed');
      const ran = new Set(passed.map(({ title }) => title));
      const fault = (what) => faults.push(`${suite} on ${adapter}: ${what}`);
      for (const name of names) if (!ran.has(name)) fault(`did not pass: ${name}`);
      for (const { title } of cases) if (!names.has(title)) fault(`not on the embedded one: ${title}`);
      if (passed.length !== count) fault(`${passed.length} of ${count} passed`);
      rows.push([suite, [...adapters.keys()].join(', '), String(count), adapter, String(cases.length), String(passed.length)]);
    }
  }
  return { rows, faults };
}

/** By suite, then by adapter. A contract's titles name both; what is no suite is left out. */
function suitesOf(cases) {
  const suites = new Map();
  const add = (suite, adapter, entry) => {
    const adapters = suites.get(suite) ?? new Map();
    suites.set(suite, adapters.set(adapter, [...(adapters.get(adapter) ?? []), entry]));
  };
  for (const { name, file, state } of cases) {
    const folder = Object.keys(folders).find((prefix) => file.startsWith(prefix));
    const [, kind, adapter, title] = contract.exec(name) ?? [];
    if (folder !== undefined)
      add(folders[folder], state === undefined ? 'in process' : 'MongoDB, Redis, MinIO', { title: name, state });
    else if (kind !== undefined && adapter !== onMemory) add(kind, adapter, { title, state });
  }
  return suites;
}
