/**
 * Print `PASSED FAILED` of a vitest report in JSON, and add what failed to a file. A test that was skipped counts as failed.
 *
 *   node count-tests.mjs REPORT FAILURES
 */
import { appendFileSync, readFileSync } from 'node:fs';
import process from 'node:process';

/** Of one line, which may be a whole answer. */
const CHARACTERS = 2_000;

const [, , reportFile, failuresFile] = process.argv;
const report = JSON.parse(readFileSync(reportFile, 'utf8'));

function failuresOf({ name, status, message, assertionResults }) {
  const tests = assertionResults
    .filter((test) => test.status !== 'passed')
    .flatMap((test) => [`${name} > ${test.fullName} (${test.status})`, ...(test.failureMessages ?? [])]);
  // A file that could not be loaded has a message of its own.
  return status === 'failed' && message ? [name, message, ...tests] : tests;
}

const lines = report.testResults.flatMap(failuresOf).map((line) => `${line.slice(0, CHARACTERS)}\n`);
appendFileSync(failuresFile, lines.join(''));
process.stdout.write(`${report.numPassedTests} ${report.numFailedTests + report.numPendingTests}\n`);
