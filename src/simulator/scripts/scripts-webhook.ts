import type { Row } from './row.js';
import type { Forgery } from '../webhooks/webhook-signature.js';
import type { Copy, Outgoing } from '../webhooks/webhooks.js';

const SENT: readonly Copy[] = [{}];
const LOST: readonly Copy[] = [];

const isActive = ({ status }: Outgoing): boolean => status === 'EGRESS_ACTIVE';
const isEnding = ({ status }: Outgoing): boolean => status === 'EGRESS_ENDING';
const isEgress = ({ event }: Outgoing): boolean => event.startsWith('egress_');

/** Loses the events that match. */
const losing =
  (matches: (outgoing: Outgoing) => boolean): Row =>
  () => ({ webhooks: (outgoing) => (matches(outgoing) ? LOST : SENT) });

/** Sends a forged egress_ended before each of the first `times` matching events. */
const forging =
  (forgery: Forgery): Row =>
  ({ times = 1, event = 'egress_updated' }) => {
    let left = times;
    return { webhooks: (outgoing) => (outgoing.event === event && left-- > 0 ? [{ forgery }, {}] : SENT) };
  };

const WORKER_SKEW_MS = 300_000;

/** The clock of the server is off by `delayMs`, and the clock of the worker by minutes. */
const skewed =
  (sign: 1 | -1, defaultMs: number): Row =>
  ({ delay }) => ({ webhooks: () => [{ skewMs: sign * delay(defaultMs) }], workerSkewMs: sign * WORKER_SKEW_MS });

/** Rows that change the webhooks only, and in two cases the clocks. */
export const WEBHOOK_ROWS: Readonly<Record<string, Row>> = {
  'duplicate-webhooks': ({ event, delayMs }) => ({
    webhooks: (outgoing) =>
      event === undefined || outgoing.event === event ? [{}, delayMs === undefined ? {} : { afterMs: delayMs }] : SENT,
  }),
  'duplicate-new-id': ({ event, delay }) => ({
    webhooks: (outgoing) => {
      const matches = event === undefined ? isEgress(outgoing) && outgoing.event !== 'egress_started' : outgoing.event === event;
      return matches ? [{}, { newId: true, afterMs: delay(0) }] : SENT;
    },
  }),
  // By default ENDING overtakes ACTIVE. With `egress_ended`, that overtakes ENDING; with `egress_started`, that comes last.
  'out-of-order': ({ event }) => ({
    webhooks: (outgoing) => {
      if (event === 'egress_started') return [outgoing.event === event ? { held: 'last' } : {}];
      const overtaken = event === 'egress_ended' ? isEnding : isActive;
      return [overtaken(outgoing) ? { held: 'next' } : {}];
    },
  }),
  'lost-started': losing(({ event }) => event === 'egress_started'),
  'lost-active': losing(isActive),
  'lost-ended': losing(({ event }) => event === 'egress_ended'),
  'lost-all-webhooks': ({ event }) => losing((outgoing) => event === undefined || outgoing.event === event)({} as never),
  'late-ended': ({ delay, event = 'egress_ended' }) => ({
    webhooks: (outgoing) => [outgoing.event === event ? { afterMs: delay(90_000) } : {}],
  }),
  // A receiver hangs on ACTIVE for more than 30 s, so LiveKit drops the events behind it.
  'webhook-blocked': losing((outgoing) => isEnding(outgoing) || outgoing.event === 'egress_ended'),
  'webhook-401-swallowed': ({ event = 'egress_updated' }) => losing((outgoing) => outgoing.event === event)({} as never),
  // The answers of the receiver get lost, so the sender makes all its attempts.
  'webhook-retry-storm': ({ event, times = 5 }) => ({
    webhooks: (outgoing) => {
      const attempts = [0, 1000, 3000, 7000, 15_000].slice(0, times);
      return event === undefined || outgoing.event === event ? attempts.map((afterMs) => ({ afterMs })) : SENT;
    },
  }),
  'bad-signature': forging('signature'),
  'wrong-key': forging('key'),
  'tampered-body': forging('body'),
  'bearer-prefix': forging('bearer'),
  'no-exp': forging('no-exp'),
  'clock-skew-future': skewed(1, 30_000),
  'clock-skew-past': skewed(-1, 330_000),
};
