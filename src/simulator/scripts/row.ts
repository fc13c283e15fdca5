import type { Script, ScriptRequest } from './script.js';

/** What a row may use of its request: the delay with its default, and the rest as it came. */
export interface RowInput extends ScriptRequest {
  /** The request's delay, else this one. */
  delay(defaultMs: number): number;
}

/** One row of the fault catalogue. */
export type Row = (input: RowInput) => Omit<Script, 'name'>;
