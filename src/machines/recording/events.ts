import type { Supervisor } from '../kernel/supervisor.js';
import type { EgressObservation } from '../ports/egress-gateway.js';
import type { RecordingContext, StartError } from './recording.js';

interface At {
  /** Epoch milliseconds by our clock. */
  at: number;
  /** Origin of the event: `rest`, `webhook`, `reconcile`, `effect`, `deadline`, …; only for the history. */
  source: string;
}

export type EgressObserved = { type: 'egress.observed'; egress: EgressObservation } & At;

export type RecordingEvent =
  | EgressObserved
  /** LiveKit has certainly not accepted the start; `reason` tells why. */
  | ({ type: 'start.refused'; reason: StartError } & At)
  /** LiveKit may or may not have accepted the start. `cancel`: the client gets an error at once, so the start is undone. */
  | ({ type: 'start.unknown'; cancel: boolean; message: string } & At)
  | ({ type: 'stop'; reason: 'request' | 'stale' | 'delete' | 'superseded' } & At)
  | ({ type: 'deadline.passed'; generation: number } & At)
  /** The egress is proven dead or never existed. `cause` is shown to people. */
  | ({ type: 'egress.missing'; cause: string } & At)
  /** LiveKit lists the egress, but its recorder has left the room: a stop must prove that the egress is dead. */
  | ({ type: 'recorder.gone' } & At)
  /** A complete file is in the media store. */
  | ({ type: 'media.found'; size: number } & At)
  | ({ type: 'media.absent' } & At)
  | ({ type: 'room.finished'; roomSid: string } & At)
  /** Delete the recording: at once if it is settled, else as soon as it is settled. */
  | ({ type: 'delete' } & At);

/** The supervisor of the recordings. */
export type Recordings = Supervisor<RecordingContext, RecordingEvent>;
