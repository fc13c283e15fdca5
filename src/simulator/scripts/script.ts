import type { Recorder } from '../egress/recorder.js';
import type { ReplyFault } from '../wire/reply.js';
import type { TwirpError } from '../wire/twirp-error.js';
import type { Copies } from '../webhooks/webhooks.js';

/** A client's request for a script: a row of the fault catalogue, and parameters that change it. */
export interface ScriptRequest {
  name: string;
  /** Replaces the row's main delay. The speed divides it too. */
  delayMs?: number;
  /** Number of egresses, calls or webhooks after which the script is used up. By default it holds until it is reset. */
  times?: number;
  /** For api rows: the Twirp method, such as `StopEgress`. By default all methods. */
  method?: string;
  /** For webhook rows: the event, such as `egress_ended`. */
  event?: string;
  /** For api rows: the HTTP status. For rows with variants: the variant. */
  status?: number | string;
}

/** One step in the life of an egress, `afterMs` after the previous step. */
export interface Step {
  afterMs: number;
  run(egress: Recorder): void | Promise<void>;
}

/** The answer to StartEgress: the accepted egress, or an error. */
export interface StartAnswer {
  afterMs: number;
  /** Whether `afterMs` counts from the end of the start steps, so that the answer cannot overtake them. */
  afterSteps?: boolean;
  error?: TwirpError;
}

/** The script's decision about a StopEgress call. `as-usual` leaves it to the state of the egress. */
export type StopVerdict = 'as-usual' | 'lost' | 'answer-lost' | 'already-over';

/**
 * One row of the fault catalogue. Its members, the facets, describe only the differences from a happy recording. An egress takes
 * its script when it starts, else at the first moment at which a facet of the current script matters to it.
 */
export interface Script {
  readonly name: string;
  answer?: StartAnswer;
  /** Steps from the request on. An empty list means that no egress is ever created. */
  start?: readonly Step[];
  /** Steps from ACTIVE on, until the egress ends. */
  live?: readonly Step[];
  /** Steps from ENDING on. */
  ending?: readonly Step[];
  /** @param stops number of StopEgress calls for this egress, this one included */
  stop?: (stops: number) => StopVerdict;
  webhooks?: Copies;
  /** Statuses that the worker fails to publish, both to the store and as a webhook. */
  unpublished?: readonly string[];
  /** For this many milliseconds after a change, ListEgress shows the previous snapshot. */
  listedLateMs?: number;
  /** LiveKit's store drops an ended egress after this many milliseconds. */
  purgedAfterMs?: number;
  /** A closed room is opened again after this many milliseconds. */
  recreatedAfterMs?: number;
  /** The participant counts of rooms are this many milliseconds late. */
  countsLateMs?: number;
  /** Starts an egress of another program beside the requested one. */
  foreign?: boolean;
  /** An auto egress of another program fails beside the requested one: an event without an egress id. */
  autoFailed?: boolean;
  /** Milliseconds by which the worker's clock is ahead of the server's. */
  workerSkewMs?: number;
  /** `startedAt` stays 0 until ACTIVE. */
  startedLate?: boolean;
  api?: ReplyFault;
  /** Methods that `api` applies to. By default the `method` of the request. */
  hits?: (method: string) => boolean;
  /** The port is closed for this many milliseconds. */
  outageMs?: number;
}
