import { isTerminal, type EgressObservation } from '../ports/egress-gateway.js';
import type { RecordingEvent } from '../recording/events.js';
import { learn, rises } from '../recording/machine/observation.js';
import { isCancelling, isLive, isUnsettled, type RecordingDocument, topStateOf } from '../recording/recording.js';

/** The egress, recorder and room of a recording, as one look at LiveKit showed them. */
export interface Sight {
  /** The egress. `absent`: LiveKit does not know it; `unknown`: LiveKit did not answer, or the recording has no egress id yet. */
  egress: EgressObservation | 'absent' | 'unknown';
  /** Whether the recorder is among the room's participants. */
  recorder: 'present' | 'absent' | 'unknown';
  room: 'listed' | 'absent';
}

/** Why an egress seems dead: LiveKit lists it without its recorder, or LiveKit knows neither the egress nor its recorder. */
export type Suspicion = 'recorder_gone' | 'unknown_everywhere';

export type Verdict =
  | { kind: 'nothing' }
  | { kind: 'event'; event: RecordingEvent }
  /** One look does not prove a death: the event is sent after two looks, some time apart, with the same `mark`. */
  | { kind: 'suspect'; suspicion: Suspicion; mark: string; event: RecordingEvent };

/**
 * Decides what a look at LiveKit means for a recording. A snapshot with new data is an event; a death is only suspected. Pure.
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

/** Why this look suggests that the egress is dead; undefined when it does not. */
export function suspicionOf(recording: RecordingDocument, { egress, recorder, room }: Sight): Suspicion | undefined {
  if (recording.egressId === undefined || egress === 'unknown' || recorder !== 'absent') return undefined;
  if (egress === 'absent') {
    // If LiveKit's Redis was emptied, LiveKit does not know a healthy egress: its open room then counts as a sign of life. If the
    // recording is to end, only the recorder counts; else a room that is always open would keep it from ending.
    return room === 'absent' || isToEnd(recording) ? 'unknown_everywhere' : undefined;
  }
  if (isTerminal(egress.status) || egress.status === 'ENDING' || recording.endingSince !== undefined) return undefined;
  return expectsRecorder(recording, egress) ? 'recorder_gone' : undefined;
}

function isNews(recording: RecordingDocument, egress: EgressObservation): boolean {
  return rises(recording, egress) || Object.keys(learn(recording, egress)).length > 0;
}

/** The egress no longer captures and its meeting is over: the room is free, although the file is not delivered yet. */
function hasLeftRoom(recording: RecordingDocument, { room }: Sight): boolean {
  const { roomSid, finishedRoomSid, endingSince } = recording;
  const isKnown = roomSid === undefined || finishedRoomSid === roomSid;
  return room === 'absent' && endingSince !== undefined && isLive(recording) && !isKnown;
}

/** Whether the recording is stopping, or its start is being undone. */
function isToEnd(recording: RecordingDocument): boolean {
  return topStateOf(recording) === 'stopping' || isCancelling(recording);
}

/** Whether the recorder must be in the room: it joins while the egress starts, and leaves before the file is delivered. */
function expectsRecorder(recording: RecordingDocument, egress: EgressObservation): boolean {
  return isCancelling(recording) || (egress.status === 'ACTIVE' && ['active', 'stopping'].includes(topStateOf(recording)));
}

/** Identifies the last transition. The version also changes with each retry of an effect, such as the stop of a dead egress. */
function lastTransition({ tally }: RecordingDocument): string {
  const last = tally.history.at(-1);
  return last === undefined ? '' : `${String(last.at)} ${last.event} ${last.to}`;
}
