import { accept, joinRoom, startSteps } from './happy.js';
import type { Row } from './row.js';
import type { Step } from './script.js';
import { internalError } from '../wire/twirp-error.js';

const NO_WORKER = internalError('unavailable', 'no response from servers');
const HANDLER_FAILED = { error: 'handler failed to start', errorCode: 500 };
const HANDLER_READY_LIMIT_MS = 10_000;
/** The time limit of each of three attempts to load the page. */
const PAGE_LIMIT_MS = 30_000;

/** Accept, then `run` at `atMs`, counted from the request. */
const acceptedThen = (atMs: number, run: Step['run']): Step[] => [
  { afterMs: 400, run: accept },
  { afterMs: Math.max(0, atMs - 400), run },
];

const pageLoadError = (reason: string) => ({ error: `page load error: ${reason}`, errorCode: 400 });

/** The browser is in the room 2.5 s after the request. */
const UNTIL_BROWSER: readonly Step[] = [
  { afterMs: 400, run: accept },
  { afterMs: 2100, run: joinRoom },
];

/** Rows that change the course of an egress before ACTIVE. */
export const START_ROWS: Readonly<Record<string, Row>> = {
  happy: () => ({}),
  'two-egresses': () => ({}),
  'slow-start': ({ delay }) => ({ start: startSteps({ activeAfterMs: delay(25_000) }) }),
  'slow-start-past-timeout': ({ delay }) => ({ answer: { afterMs: delay(15_000) } }),
  'never-active': () => ({ start: UNTIL_BROWSER }),
  'start-aborted': ({ delay }) => ({
    start: [
      ...UNTIL_BROWSER,
      { afterMs: Math.max(0, delay(6000) - 2500), run: (egress) => egress.abort('Source closed', 'fault') },
    ],
  }),
  'start-failed-late': ({ delay, status }) => ({
    start:
      status === 'timeout'
        ? acceptedThen(delay(3 * PAGE_LIMIT_MS), (egress) => egress.fail(pageLoadError('timed out')))
        : acceptedThen(delay(5000), (egress) => egress.fail(pageLoadError('net::ERR_CONNECTION_REFUSED'))),
  }),
  'start-handler-failed': ({ delay }) => ({
    start: acceptedThen(delay(HANDLER_READY_LIMIT_MS), (egress) => egress.fail(HANDLER_FAILED)),
    answer: { afterMs: 0, afterSteps: true, error: internalError('internal', HANDLER_FAILED.error) },
  }),
  'revived-after-failed': ({ delay }) => ({
    start: [
      ...acceptedThen(delay(HANDLER_READY_LIMIT_MS), (egress) => egress.fail(HANDLER_FAILED)),
      { afterMs: 3000, run: joinRoom },
      { afterMs: 2000, run: (egress) => egress.activate() },
    ],
    answer: { afterMs: delay(HANDLER_READY_LIMIT_MS) + 3000 },
  }),
  'no-capacity': ({ delay }) => ({ start: [], answer: { afterMs: delay(22_000), error: NO_WORKER } }),
  'no-capacity-fast': ({ delay }) => ({ start: [], answer: { afterMs: delay(100), error: NO_WORKER } }),
  'room-not-found': ({ delay }) => ({
    start: [],
    answer: { afterMs: delay(0), error: internalError('not_found', 'requested room does not exist') },
  }),
  'invalid-request': ({ delay }) => ({
    start: [],
    answer: { afterMs: delay(700), error: internalError('invalid_argument', 'request has missing or invalid field: output') },
  }),
  'already-exists': ({ delay }) => ({
    answer: { afterMs: delay(12_000), error: internalError('already_exists', 'egress already exists') },
  }),
  'active-before-response': ({ delay }) => ({
    start: startSteps({ acceptAfterMs: 100, joinAfterMs: 150, activeAfterMs: 300 }),
    answer: { afterMs: Math.max(0, delay(3000) - 300), afterSteps: true },
  }),
  'started-after-response': ({ delay }) => ({
    webhooks: ({ event }) => [event === 'egress_started' ? { afterMs: delay(2400) } : {}],
  }),
  'room-deleted-while-starting': ({ delay, status }) => ({
    start:
      status === 'zombie'
        ? acceptedThen(delay(2500), (egress) => egress.joinDeletedRoom())
        : [...UNTIL_BROWSER, { afterMs: Math.max(0, delay(3500) - 2500), run: (egress) => egress.deleteRoom() }],
  }),
  'auto-egress-failed': () => ({ autoFailed: true }),
  'foreign-egress': () => ({ foreign: true }),
};
