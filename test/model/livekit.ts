import type { EgressObservation, EgressStatus } from '../../src/machines/ports/egress-gateway.js';
import type { StopOutcome } from '../../src/machines/ports/egress-gateway.js';

/** One egress as it truly is, packed into a small number so that states compare and hash cheaply. */
export type Egress = number;

const STATUS = 0b111;
/** Its worker runs. */
export const ALIVE = 8;
/** LiveKit's store knows it; a flushed store does not, until the worker's next update. */
export const LISTED = 16;
/** Its complete file lies in the bucket. */
export const FILE = 32;
/** A stop reached it while Chrome was still loading: it is obeyed later. */
export const STOP_PENDING = 64;
/** It belongs to the room's second incarnation. */
export const SECOND_ROOM = 128;
/** It never begins to record by itself. */
export const STUCK = 256;
/** It is not found by its room: the store was flushed since it began. */
export const UNINDEXED = 512;

export const NONE: Egress = 0;
const CODES = ['STARTING', 'ACTIVE', 'ENDING', 'COMPLETE', 'FAILED', 'ABORTED'] as const satisfies readonly EgressStatus[];
export const STARTING = 1;
export const ACTIVE = 2;
export const ENDING = 3;
export const COMPLETE = 4;
export const FAILED = 5;
export const ABORTED = 6;

export const statusOf = (egress: Egress): number => egress & STATUS;
export const nameOf = (status: number): string => CODES[status - 1] ?? 'none';
export const has = (egress: Egress, flag: number): boolean => (egress & flag) !== 0;
export const isOver = (egress: Egress): boolean => statusOf(egress) >= COMPLETE;
/** It records, or will. */
export const isRunning = (egress: Egress): boolean =>
  has(egress, ALIVE) && (statusOf(egress) === STARTING || statusOf(egress) === ACTIVE);

/** The egress further along: the worker's update also brings it back into a flushed store. */
export function become(egress: Egress, status: number): Egress {
  const kept = egress & (FILE | SECOND_ROOM | UNINDEXED);
  return kept | status | LISTED | (status < COMPLETE ? ALIVE : 0) | (status === COMPLETE ? FILE : 0);
}

export const FILE_BYTES = 8;
const EPOCH = Date.UTC(2026, 0, 1, 12);
export const T0 = EPOCH;

/** What LiveKit says of it, in whichever answer or webhook. The same status always looks the same. */
export function snapshot(side: 0 | 1, status: number, second: boolean): EgressObservation {
  const requestedPath = pathOf(side);
  const file = {
    filename: requestedPath,
    ...(status === STARTING || status >= FAILED ? {} : { startedAt: EPOCH }),
    ...(status === COMPLETE ? { size: FILE_BYTES, location: requestedPath } : {}),
  };
  return {
    egressId: `EG_${String(side)}`,
    roomName: ROOM,
    roomSid: second ? 'RM_2' : 'RM_1',
    status: CODES[status - 1] ?? 'STARTING',
    updatedAt: `${String(EPOCH + status)}000000`,
    startedAt: EPOCH,
    file,
    ...(status >= FAILED ? { error: 'it broke' } : {}),
    requestedPath,
  };
}

export const ROOM = 'room';
export const UIDS = ['aaaaaaaaaa', 'bbbbbbbbbb'] as const;
export const pathOf = (side: 0 | 1): string => `recordings/${ROOM}--${UIDS[side]}.mp4`;

/** What becomes of a stop; `deaf`: the worker does not answer, `loading`: it obeys later. */
export type StopVariant = 'plain' | 'deaf' | 'loading';

/** The answer to StopEgress and what it did, as the table of the server's answers has it. */
export function stop(side: 0 | 1, egress: Egress, variant: StopVariant): { egress: Egress; outcome: StopOutcome } {
  const status = statusOf(egress);
  const say = (after: Egress): { egress: Egress; outcome: StopOutcome } => ({
    egress: after,
    outcome: { kind: 'stopping', egress: snapshot(side, statusOf(after), has(after, SECOND_ROOM)) },
  });
  const answer = (kind: 'already_over' | 'not_found' | 'no_answer') => ({ egress, outcome: { kind } });
  if (status === 0) return answer('not_found');
  if (!has(egress, ALIVE)) {
    if (!has(egress, LISTED)) return answer('not_found');
    return answer(status === STARTING || status === ACTIVE ? 'no_answer' : 'already_over');
  }
  if (variant === 'deaf') return answer('no_answer');
  if (status === STARTING && variant === 'loading') return { egress: egress | STOP_PENDING, outcome: { kind: 'no_answer' } };
  if (status === STARTING) return say(become(egress, ABORTED));
  return say(become(egress, ENDING));
}
