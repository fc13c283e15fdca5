import type { Row } from './row.js';
import { API_ROWS } from './scripts-api.js';
import { ENDING_ROWS } from './scripts-ending.js';
import { START_ROWS } from './scripts-start.js';
import { WEBHOOK_ROWS } from './scripts-webhook.js';
import type { Script, ScriptRequest } from './script.js';

const ROWS: Readonly<Record<string, Row>> = { ...START_ROWS, ...ENDING_ROWS, ...WEBHOOK_ROWS, ...API_ROWS };

export const SCRIPT_NAMES: readonly string[] = Object.keys(ROWS).sort();

/** A request names a script that does not exist. */
export class UnknownScriptError extends Error {}

/** @throws UnknownScriptError with a list of the known names */
export function buildScript(request: ScriptRequest): Script {
  const row = Object.hasOwn(ROWS, request.name) ? ROWS[request.name] : undefined;
  if (!row) throw new UnknownScriptError(`unknown script "${request.name}"; known: ${SCRIPT_NAMES.join(', ')}`);
  return { name: request.name, ...row({ ...request, delay: (defaultMs) => request.delayMs ?? defaultMs }) };
}
