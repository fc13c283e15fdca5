import { type TallyError } from '../../errors.js';
import type { FieldIssue } from './validation.js';

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** How one of our errors looks to a client. */
export interface ErrorRow {
  status: number;
  /** The contract's name of the error. */
  name: string | ((details: ErrorDetails) => string);
  /** By default the error's own message. @param route name of the route that failed */
  message?: (details: ErrorDetails, route: string) => string;
  headers?: (details: ErrorDetails) => Record<string, string>;
  /** The complaints about single fields of the request. */
  issues?: (details: ErrorDetails) => FieldIssue[];
}

/** Rows keyed by the code of the error. Each capability has its own rows; the server joins them. */
export type ErrorRows = Readonly<Record<TallyError['code'], ErrorRow>>;

/** An error in the contract's words. */
export interface Explanation {
  status: number;
  name: string;
  message: string;
  headers: Record<string, string>;
  issues?: FieldIssue[];
}

/** @param operation completes `Unexpected error while …` */
export type Explain = (error: Error, operation: string) => Explanation;

/** The row for an outage, 503 with `Retry-After`: the client may repeat the request. */
export function unavailable(name: string, message: string): ErrorRow {
  return { status: 503, name, message: () => message, headers: () => retryAfter(OUTAGE_RETRY_MS) };
}

const OUTAGE_RETRY_MS = 2_000;

/** In whole seconds, 1 or more. */
export function retryAfter(ms: number): { 'Retry-After': string } {
  return { 'Retry-After': String(Math.max(1, Math.ceil(ms / 1_000))) };
}
