import { repositoryDir } from '../../test/servers/repository.js';
import { environment, environmentLine } from '../results/environment.js';
import { compare, type CompareOptions } from './compare.js';
import type { Comparison } from './ratio.js';

const PAIRS = 5;

/**
 * Compare a commit with the files as they are, and print one line for each figure. A Ctrl-C ends it and removes its folder.
 *
 * @returns whether every ratio reaches its target
 */
export async function printComparison(
  options: Pick<CompareOptions, 'ref' | 'groups' | 'passedOn'>,
  { json }: { json: boolean },
): Promise<boolean> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const log = (line: string): void => void process.stderr.write(`compare: ${line}\n`);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort(new Error('stopped')));

  const about = await environment({ old: options.ref, new: 'the files as they are' });
  print(json ? JSON.stringify(about) : `${environmentLine(about)}\n\n${HEADING}`);
  let ok = true;
  for await (const figure of compare({ ...options, repository: repositoryDir, pairs: PAIRS, log, signal: stopping.signal })) {
    ok &&= figure.ok;
    print(json ? JSON.stringify(figure) : rowOf(figure));
  }
  return ok;
}

const HEADING = row(['figure', 'old', 'new', '', 'ratio', 'pairs', '']);

function rowOf({ name, old, new: current, of, value, lowest, highest, ok }: Comparison): string {
  const cells = [name, String(old), String(current), of, String(value), `${String(lowest)} to ${String(highest)}`];
  return row([...cells, ok ? 'ok' : 'WORSE']);
}

function row([name = '', ...cells]: string[]): string {
  return [name.padEnd(22), ...cells.map((cell) => cell.padEnd(9))].join('  ').trimEnd();
}
