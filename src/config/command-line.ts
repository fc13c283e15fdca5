import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';

import { toError } from '../errors.js';

type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** The name of its value in the help, such as `N`. */
  value?: string;
  about: string;
};

export interface Command<Options extends Record<string, Option>> {
  /** As a user types it: `npm run demo --`. */
  usage: string;
  about: string;
  options: Options;
}

const COMMON = {
  help: { type: 'boolean', about: 'prints this' },
  version: { type: 'boolean', about: 'prints the version' },
} as const satisfies Record<string, Option>;

/** The exit code for wrong options, as of the tools of POSIX. */
const WRONG_USAGE = 2;

/**
 * The values of a command's options. `--help` and `--version` print one screen or line and end the process with 0; a wrong option
 * ends it with 2 and a sentence on standard error. Call it before anything else has begun.
 */
export function readOptions<const Options extends Record<string, Option>>({ usage, about, options }: Command<Options>) {
  const all: Options & typeof COMMON = { ...options, ...COMMON };
  try {
    const { values } = parseArgs<{ options: Options & typeof COMMON }>({ options: all });
    if ('help' in values) end(0, [`${usage} [options]`, '', about, '', ...rowsOf(all)].join('\n'));
    if ('version' in values) end(0, version());
    return values;
  } catch (error) {
    const [reason = ''] = toError(error).message.split('. ');
    return end(WRONG_USAGE, `${reason}; see ${usage} --help`);
  }
}

function rowsOf(options: Record<string, Option>): string[] {
  return Object.entries(options).map(([name, { type, value = 'TEXT', about, default: standard, multiple }]) => {
    const left = type === 'boolean' ? `--${name}` : `--${name} ${value}`;
    const notes = [
      ...(typeof standard === 'string' && standard !== '' ? [`default ${standard}`] : []),
      ...(multiple === true ? ['may be repeated'] : []),
    ];
    return `  ${left.padEnd(20)}  ${about}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
  });
}

function end(code: number, text: string): never {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
}

/** Tally's version, from the `package.json` of the folder that holds the sources or the build. */
export function version(): string {
  let folder = import.meta.dirname;
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}
