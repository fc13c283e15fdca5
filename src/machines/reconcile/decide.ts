import { isTerminal, type EgressObservation } from '../ports/egress-gateway.js';
import type { RecordingEvent } from '../recording/events.js';
import { learn, rises } from '../recording/machine/observation.js';
import { isDeleted, isLive, isSettled, type RecordingDocument, topStateOf } from '../recording/recording.js';

/** What one look at LiveKit showed of a recording. */
export interface Sight {
  /** Its egress; `absent`: LiveKit answered 404 for its id; `unknown`: it could not be asked or has no id yet. */
  egress: EgressObservation | 'absent' | 'unknown';
  /** The recorder among the room's participants. */
  recorder: 'present' | 'absent' | 'unknown';
  room: 'listed' | 'absent';
}

/** A look that may mean death: it counts only when it is the same again after a while and the record has not moved. */
export interface Suspicion {
  kind: 'recorder_gone' | 'unknown_everywhere';
  /** Of the first look, milliseconds by the clock that `now` is taken from. */
  since: number;
  /** The record's newest transition at that look. */
  after: string;
}

export type Verdict = { kind: 'nothing' } | { kind: 'event'; event: RecordingEvent } | { kind: 'suspect'; suspicion: Suspicion };

const NOTHING: Verdict = { kind: 'nothing' };

/**
 * What a look at LiveKit means to a recording. Pure.
 *
 * A snapshot that tells something new is passed on. Death is never concluded from one look: an egress that is listed without
 * its recorder, or that LiveKit, the room and the recorder all know nothing of, must show so twice, `goneMs` apart.
 *
 * @param earlier the suspicion that the looks before left, if any
 * @param now milliseconds; by a clock that does not step, for two looks are told apart by it
 * @param goneMs how far apart the two looks must be, milliseconds
 */
export function reconcile(
  recording: RecordingDocument,
  sight: Sight,
  earlier: Suspicion | undefined,
  now: number,
  goneMs: number,
): Verdict {
  if (isSettled(recording) || isDeleted(recording)) return NOTHING;
  const { egress } = sight;
  if (typeof egress === 'object' && (rises(recording, egress) || Object.keys(learn(recording, egress)).length > 0)) {
    return { kind: 'event', event: { type: 'egress.observed', egress, at: now, source: 'reconcile' } };
  }
  if (hasLeftRoom(recording, sight)) {
    return { kind: 'event', event: { type: 'room.finished', roomSid: recording.roomSid ?? '', at: now, source: 'reconcile' } };
  }
  const kind = suspects(recording, sight);
  if (kind === undefined) return NOTHING;
  const after = lastTransition(recording);
  if (earlier?.kind !== kind || earlier.after !== after) return { kind: 'suspect', suspicion: { kind, since: now, after } };
  if (now - earlier.since < goneMs) return { kind: 'suspect', suspicion: earlier };
  return { kind: 'event', event: deathOf(kind, now) };
}

/** Tells a transition from the next. Saves that only try an effect again do not count: a dead egress's stop is tried for ever. */
function lastTransition({ tally }: RecordingDocument): string {
  const last = tally.history.at(-1);
  return last === undefined ? '' : `${String(last.at)} ${last.event} ${last.to}`;
}

/** It captures no more, and its meeting is over: the room is free, though the file is still on its way. */
function hasLeftRoom(recording: RecordingDocument, { room }: Sight): boolean {
  const { roomSid, finishedRoomSid, endingSince } = recording;
  const isTold = roomSid === undefined || finishedRoomSid === roomSid;
  return room === 'absent' && endingSince !== undefined && isLive(recording) && !isTold;
}

/** Whether this look, were it to stay so, means that the egress is dead. */
export function suspects(recording: RecordingDocument, sight: Sight): Suspicion['kind'] | undefined {
  const { egress, recorder, room } = sight;
  if (recording.egressId === undefined || egress === 'unknown') return undefined;
  if (egress === 'absent') {
    // LiveKit's Redis may have been emptied under a healthy egress: whoever still sees it records. Once it is to end anyway,
    // only its recorder vouches for it; else a room that is always in use would keep it for ever.
    return recorder === 'absent' && (room === 'absent' || isToEnd(recording)) ? 'unknown_everywhere' : undefined;
  }
  if (isTerminal(egress.status) || egress.status === 'ENDING' || recording.endingSince !== undefined) return undefined;
  return expectsRecorder(recording, egress) && recorder === 'absent' ? 'recorder_gone' : undefined;
}

/** A stop is wished, by whomever. */
function isToEnd(recording: RecordingDocument): boolean {
  return topStateOf(recording) === 'stopping' || isCancelling(recording);
}

function isCancelling({ tally: { state } }: RecordingDocument): boolean {
  return typeof state === 'object' && state.starting === 'cancelling';
}

/** The recorder joins while the egress starts and leaves before the file is delivered: in between it must be there. */
function expectsRecorder(recording: RecordingDocument, egress: EgressObservation): boolean {
  return isCancelling(recording) || (egress.status === 'ACTIVE' && ['active', 'stopping'].includes(topStateOf(recording)));
}

function deathOf(kind: Suspicion['kind'], at: number): RecordingEvent {
  const from = { at, source: 'reconcile' };
  return kind === 'recorder_gone'
    ? { type: 'recorder.gone', ...from }
    : { type: 'egress.missing', cause: 'LiveKit knows neither the egress nor its room', ...from };
}
