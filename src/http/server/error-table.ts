import { TallyError } from '../../errors.js';
import type { ErrorDetails, ErrorRow, ErrorRows, Explanation } from '../route/errors.js';
import { storageDown } from './errors.js';

/** Turns any error into the contract's status and words. */
export type ErrorTable = (error: Error, where: { route?: string | undefined; operation?: string | undefined }) => Explanation;

/** @throws Error when two capabilities have a row for the same code */
export function createErrorTable(tables: readonly ErrorRows[]): ErrorTable {
  const rows = new Map<string, ErrorRow>();
  for (const [code, row] of tables.flatMap((table) => Object.entries(table))) {
    if (rows.has(code)) throw new Error(`Two rows for the error '${code}'`);
    rows.set(code, row);
  }
  return (error, { route = '', operation = 'handling the request' }) => {
    const row = rowOf(error, rows) ?? unexpected(operation);
    const details = error instanceof TallyError ? error.details : {};
    return explain(row, details, error.message, route);
  };
}

/** A retryable error without a row counts as an outage. Any other error without a row is unexpected. */
function rowOf(error: Error, rows: ReadonlyMap<string, ErrorRow>): ErrorRow | undefined {
  if (!(error instanceof TallyError)) return undefined;
  return rows.get(error.code) ?? (error.retryable ? storageDown : undefined);
}

function unexpected(operation: string): ErrorRow {
  return { status: 500, name: 'Internal Server Error', message: () => `Unexpected error while ${operation}` };
}

function explain(row: ErrorRow, details: ErrorDetails, message: string, route: string): Explanation {
  return {
    status: row.status,
    name: typeof row.name === 'string' ? row.name : row.name(details),
    message: row.message?.(details, route) ?? message,
    headers: row.headers?.(details) ?? {},
    ...(row.issues !== undefined && { issues: row.issues(details) }),
  };
}
