import process from 'node:process';
import { parseArgs } from 'node:util';

/**
 * The flags of a script. The build cannot use `src/config/command-line.ts`, which it has yet to compile. `--help` ends the process with 0, and any other argument that is not in `names` with 2.
 *
 * @param {string} usage the command as a user types it
 * @param {string[]} names without dashes
 * @returns {Record<string, boolean | undefined>}
 */
export function readFlags(usage, names) {
  const line = [usage, ...names.map((name) => `[--${name}]`)].join(' ');
  try {
    const { values } = parseArgs({ options: Object.fromEntries([...names, 'help'].map((name) => [name, { type: 'boolean' }])) });
    if (values.help) end(0, line);
    return values;
  } catch (error) {
    return end(2, `${error.message.split('. ')[0]}; usage: ${line}`);
  }
}

function end(code, text) {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
}
