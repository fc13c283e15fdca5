import { type TallyError } from '../../errors.js';
import type { FieldIssue } from './validation.js';

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** How clients read one error of ours. */
export interface ErrorRow {
  status: number;
  /** The contract's name of the error. */
  name: string | ((details: ErrorDetails) => string);
  /** Default: the error's own message. `route` is the name of the route that failed. */
  message?: (details: ErrorDetails, route: string) => string;
  headers?: (details: ErrorDetails) => Record<string, string>;
  /** What is wrong with each field of the request. */
  issues?: (details: ErrorDetails) => FieldIssue[];
}

/** Rows by the code of the error. Each capability has its own; the server joins them. */
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

/** The server is away for now: the client may repeat the request. */
export function unavailable(name: string, message: string): ErrorRow {
  return { status: 503, name, message: () => message, headers: () => ({ 'Retry-After': RETRY_AFTER_S }) };
}

const RETRY_AFTER_S = '2';
