import type { Recorder } from '../egress/recorder.js';
import type { ReplyFault } from '../wire/reply.js';
import type { TwirpError } from '../wire/twirp-error.js';
import type { Copies } from '../webhooks/webhooks.js';

/** What a client asks for: the row of the fault catalogue, and what it changes about it. */
export interface ScriptRequest {
  name: string;
  /** Replaces the row's characteristic delay; the speed divides it too. */
  delayMs?: number;
  /** How many egresses, calls or webhooks the script takes before it is spent; default: until reset. */
  times?: number;
  /** Of an api row: the Twirp method it hits, such as `StopEgress`; default: every one. */
  method?: string;
  /** Of a webhook row: the event it concerns, such as `egress_ended`. */
  event?: string;
  /** Of an api row: the HTTP status. Of a row with variants: the variant. */
  status?: number | string;
}

/** One step of an egress's life, some time after the step before it. */
export interface Step {
  afterMs: number;
  run(egress: Recorder): void | Promise<void>;
}

/** How StartEgress is answered: with the egress as it was accepted, or with an error. */
export interface StartAnswer {
  afterMs: number;
  /** `afterMs` counts from the end of the start steps, so that the answer can never overtake them. */
  behindSteps?: boolean;
  error?: TwirpError;
}

/** How a stop call ends when the script, not the egress's state, decides. */
export type StopVerdict = 'as-usual' | 'lost' | 'answer-lost' | 'already-over';

/**
 * One row of the fault catalogue: only what differs from a happy recording. The egress part is bound to an egress when
 * it starts, or, when it started without a script, the first time the part is asked for.
 */
export interface Script {
  readonly name: string;
  answer?: StartAnswer;
  /** From the request on. Without steps, no egress ever exists. */
  start?: readonly Step[];
  /** From ACTIVE on, unless something else ends the egress. */
  live?: readonly Step[];
  /** From ENDING on. */
  ending?: readonly Step[];
  /** @param stops how many stop calls this egress has had, this one included */
  stop?: (stops: number) => StopVerdict;
  webhooks?: Copies;
  /** Statuses the worker never gets to publish, neither to the store nor as a webhook. */
  unpublished?: readonly string[];
  /** ListEgress answers with the snapshot before this many milliseconds. */
  listedLateMs?: number;
  /** A finished egress leaves the store after this. */
  purgedAfterMs?: number;
  /** A closed room is opened again after this. */
  recreatedAfterMs?: number;
  /** Room counts lag by this. */
  countsLateMs?: number;
  /** Starts an egress of somebody else beside ours. */
  foreign?: boolean;
  /** Somebody's auto egress fails beside ours: an event without an egress id. */
  autoFailed?: boolean;
  /** The worker's clock is ahead of the server's by this much. */
  workerSkewMs?: number;
  /** `startedAt` stays 0 until ACTIVE. */
  startedLate?: boolean;
  api?: ReplyFault;
  /** Which methods `api` concerns; default: those the request names. */
  hits?: (method: string) => boolean;
  /** The port is closed for this long. */
  outageMs?: number;
}
