import type { EgressObservation, EgressStatus } from '../../src/machines/ports/egress-gateway.js';
import type { StopOutcome } from '../../src/machines/ports/egress-gateway.js';

/** The true state of one egress as bits of a number, so that worlds can be compared and hashed cheaply. */
export type Egress = number;

const STATUS = 0b111;
/** The worker of the egress runs. */
export const ALIVE = 8;
/** LiveKit's store contains the egress. After a flush it does not, until the next update of the worker. */
export const LISTED = 16;
/** The complete file of the egress is in the bucket. */
export const FILE = 32;
/** A stop arrived while Chrome was loading; the worker will obey it later. */
export const STOP_PENDING = 64;
/** The egress records the second LiveKit room of the same name. */
export const SECOND_ROOM = 128;
/** The egress never becomes ACTIVE by itself. */
export const STUCK = 256;
/** LiveKit does not find the egress by its room, because its store was flushed after the start. */
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
/** Whether the egress records or will record. */
export const isRunning = (egress: Egress): boolean =>
  has(egress, ALIVE) && (statusOf(egress) === STARTING || statusOf(egress) === ACTIVE);

/** The egress with a new status. The update of the worker also writes the egress into a flushed store again. */
export function become(egress: Egress, status: number): Egress {
  const kept = egress & (FILE | SECOND_ROOM | UNINDEXED);
  return kept | status | LISTED | (status < COMPLETE ? ALIVE : 0) | (status === COMPLETE ? FILE : 0);
}

export const FILE_BYTES = 8;
const EPOCH = Date.UTC(2026, 0, 1, 12);
export const T0 = EPOCH;

/** LiveKit's snapshot of an egress in answers and webhooks. The same status always gives the same snapshot. */
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

/** The effect of a stop. With `deaf` the worker never obeys, with `loading` it obeys later; both give no answer. */
export type StopVariant = 'plain' | 'deaf' | 'loading';

/** LiveKit's answer to StopEgress, and the egress afterwards. */
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
