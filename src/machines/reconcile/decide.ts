import { isTerminal, type EgressObservation } from '../ports/egress-gateway.js';
import type { RecordingEvent } from '../recording/events.js';
import { learn, rises } from '../recording/machine/observation.js';
import { isCancelling, isLive, isUnsettled, type RecordingDocument, topStateOf } from '../recording/recording.js';

/** What one look at LiveKit showed of a recording. */
export interface Sight {
  /** Its egress; `absent`: LiveKit answered 404 for its id; `unknown`: it could not be asked or has no id yet. */
  egress: EgressObservation | 'absent' | 'unknown';
  /** The recorder among the room's participants. */
  recorder: 'present' | 'absent' | 'unknown';
  room: 'listed' | 'absent';
}

/** Why an egress looks dead: LiveKit lists it without its recorder, or neither LiveKit, its room nor its recorder is left of it. */
export type Suspicion = 'recorder_gone' | 'unknown_everywhere';

export type Verdict =
  | { kind: 'nothing' }
  | { kind: 'event'; event: RecordingEvent }
  /** One look proves no death: the event holds once two looks, some time apart, show the same `mark`. */
  | { kind: 'suspect'; suspicion: Suspicion; mark: string; event: RecordingEvent };

/**
 * What a look at LiveKit means to a recording. A snapshot with news is passed on; a death is suspected, never concluded. Pure.
 *
 * @param at epoch milliseconds of the look
 */
export function decide(recording: RecordingDocument, sight: Sight, at: number): Verdict {
  if (!isUnsettled(recording)) return { kind: 'nothing' };
  const from = { at, source: 'reconcile' };
  const { egress } = sight;
  if (typeof egress === 'object' && isNews(recording, egress)) {
    return { kind: 'event', event: { type: 'egress.observed', egress, ...from } };
  }
  if (hasLeftRoom(recording, sight)) {
    return { kind: 'event', event: { type: 'room.finished', roomSid: recording.roomSid ?? '', ...from } };
  }
  const suspicion = suspicionOf(recording, sight);
  if (suspicion === undefined) return { kind: 'nothing' };
  const event: RecordingEvent =
    suspicion === 'recorder_gone'
      ? { type: 'recorder.gone', ...from }
      : { type: 'egress.missing', cause: 'LiveKit knows neither the egress nor its room', ...from };
  return { kind: 'suspect', suspicion, mark: `${suspicion} ${lastTransition(recording)}`, event };
}

/** Whether this look, were it to stay so, means that the egress is dead. */
export function suspicionOf(recording: RecordingDocument, { egress, recorder, room }: Sight): Suspicion | undefined {
  if (recording.egressId === undefined || egress === 'unknown' || recorder !== 'absent') return undefined;
  if (egress === 'absent') {
    // LiveKit's Redis may have been emptied under a healthy egress: its open room vouches for it. Once the egress is to end
    // anyway, only its recorder does; else a room that is always in use would keep it for ever.
    return room === 'absent' || isToEnd(recording) ? 'unknown_everywhere' : undefined;
  }
  if (isTerminal(egress.status) || egress.status === 'ENDING' || recording.endingSince !== undefined) return undefined;
  return expectsRecorder(recording, egress) ? 'recorder_gone' : undefined;
}

function isNews(recording: RecordingDocument, egress: EgressObservation): boolean {
  return rises(recording, egress) || Object.keys(learn(recording, egress)).length > 0;
}

/** It captures no more, and its meeting is over: the room is free, though the file is still on its way. */
function hasLeftRoom(recording: RecordingDocument, { room }: Sight): boolean {
  const { roomSid, finishedRoomSid, endingSince } = recording;
  const isKnown = roomSid === undefined || finishedRoomSid === roomSid;
  return room === 'absent' && endingSince !== undefined && isLive(recording) && !isKnown;
}

/** A client, a job or a deletion wants the recording to end. */
function isToEnd(recording: RecordingDocument): boolean {
  return topStateOf(recording) === 'stopping' || isCancelling(recording);
}

/** The recorder joins while the egress starts and leaves before the file is delivered: in between it must be there. */
function expectsRecorder(recording: RecordingDocument, egress: EgressObservation): boolean {
  return isCancelling(recording) || (egress.status === 'ACTIVE' && ['active', 'stopping'].includes(topStateOf(recording)));
}

/** Tells a transition from the next. Saves that only try an effect again do not count: a dead egress's stop is tried for ever. */
function lastTransition({ tally }: RecordingDocument): string {
  const last = tally.history.at(-1);
  return last === undefined ? '' : `${String(last.at)} ${last.event} ${last.to}`;
}
