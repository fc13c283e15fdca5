import type { Script, ScriptRequest } from './script.js';

/** The request of a row. Its `delay` falls back to the row's default. */
export interface RowInput extends ScriptRequest {
  /** The delay of the request, else `defaultMs`. */
  delay(defaultMs: number): number;
}

/** One row of the fault catalogue. */
export type Row = (input: RowInput) => Omit<Script, 'name'>;
