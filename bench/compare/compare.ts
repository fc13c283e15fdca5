import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Result } from '../results/result.js';
import { measure } from './measure.js';
import { compareFigure, type Comparison, type Pair } from './ratio.js';
import { commitOf, filesAsTheyAre, openTree, type Tree } from './tree.js';

export interface CompareOptions {
  /** The folder of a git repository. Its files as they are make the new tree. */
  repository: string;
  /** The commit that makes the old tree. */
  ref: string;
  /** Names of results. One run of a bench measures all names of a group. */
  groups: readonly (readonly string[])[];
  /** More arguments for the benches of both trees. */
  passedOn: readonly string[];
  pairs: number;
  /** Receives a line about work that takes a while. */
  log: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Run the benches of two trees in turns, each tree in a folder of its own. The order is old, new, new, old, old, new …: a machine
 * that gets busier or quieter favours neither.
 *
 * @returns each figure as soon as its group has been measured
 * @throws Error there is no such commit, or a tree cannot be unpacked, built or measured
 */
export async function* compare(options: CompareOptions): AsyncGenerator<Comparison, void, undefined> {
  const { repository, ref, groups, log, signal } = options;
  const commit = await commitOf(repository, ref);
  const folder = await mkdtemp(path.join(tmpdir(), 'tally-compare-'));
  try {
    log(`preparing ${ref} and the files as they are in ${folder}`);
    const current = await filesAsTheyAre(repository, path.join(folder, 'index'));
    const old = await openTree(repository, 'old', commit, path.join(folder, 'old'));
    const now = await openTree(repository, 'new', current, path.join(folder, 'new'));
    for (const names of groups) {
      signal.throwIfAborted();
      yield* compareGroup([old, now], names, options);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* compareGroup(
  trees: readonly [Tree, Tree],
  names: readonly string[],
  { pairs, passedOn, log, signal }: CompareOptions,
): AsyncGenerator<Comparison, void, undefined> {
  const measured: Record<Tree['label'], Result[][]> = { old: [], new: [] };
  for (let pair = 1; pair <= pairs; pair++) {
    for (const tree of pair % 2 === 1 ? trees : [...trees].reverse()) {
      const results = await measure(tree, [...passedOn, '--only', names.join(',')], signal);
      const figures = results.map(({ name, value, unit }) => `${name} ${String(value)} ${unit}`.trimEnd());
      log(`pair ${String(pair)} of ${String(pairs)}, ${tree.label}: ${figures.join(', ') || 'no such bench'}`);
      measured[tree.label].push(results);
    }
  }
  for (const name of names) {
    const found = measured.old.flatMap((old, pair) => pairOf(name, old, measured.new[pair] ?? []));
    if (found.length > 0) yield compareFigure(name, found);
    else log(`${name} is not measured by both`);
  }
}

/** Empty when one of the trees does not measure this. */
function pairOf(name: string, old: readonly Result[], current: readonly Result[]): Pair[] {
  const [before, now] = [old, current].map((results) => results.find((result) => result.name === name));
  return before === undefined || now === undefined ? [] : [{ old: before, new: now }];
}
