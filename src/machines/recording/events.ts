import type { Supervisor } from '../kernel/supervisor.js';
import type { EgressObservation } from '../ports/egress-gateway.js';
import type { RecordingContext, StartError } from './recording.js';

interface At {
  /** Epoch milliseconds by our clock. */
  at: number;
  /** `rest`, `webhook`, `reconcile`, `effect`, `deadline`, … : for the history only. */
  source: string;
}

export type EgressObserved = { type: 'egress.observed'; egress: EgressObservation } & At;

export type RecordingEvent =
  | EgressObserved
  /** The start was certainly not accepted, and why. */
  | ({ type: 'start.refused'; reason: StartError } & At)
  /** The start may or may not have been accepted. `cancel`: the client has its error already, so undo whatever comes of it. */
  | ({ type: 'start.unknown'; cancel: boolean; message: string } & At)
  | ({ type: 'stop'; reason: 'request' | 'stale' | 'delete' | 'superseded' } & At)
  | ({ type: 'deadline.passed'; generation: number } & At)
  /** The egress is proven dead or never existed. `cause` is for people. */
  | ({ type: 'egress.missing'; cause: string } & At)
  /** The egress is listed but its recorder left the room: make sure by a stop, then ask the media store. */
  | ({ type: 'recorder.gone' } & At)
  /** A complete file is in the media store. */
  | ({ type: 'media.found'; size: number } & At)
  | ({ type: 'media.absent' } & At)
  | ({ type: 'room.finished'; roomSid: string } & At)
  /** Remove the recording: at once when settled, else as soon as it is. */
  | ({ type: 'delete' } & At);

/** Hosts the recordings. */
export type Recordings = Supervisor<RecordingContext, RecordingEvent>;
