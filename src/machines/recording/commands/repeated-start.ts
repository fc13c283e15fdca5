import { createHash } from 'node:crypto';

import { sleep } from '../../../clock.js';
import type { LockHolder } from '../../ports/room-locks.js';
import type { RecordableRoom } from '../../ports/rooms.js';
import { IdempotencyInProgressError, IdempotencyMismatchError } from '../errors.js';
import type { RecordingDocument } from '../recording.js';
import type { RecordingCommandOptions } from './options.js';
import { awaitStartAnswer } from './start-answer.js';

/** Starts with the same credential, key and body are one start, whose first request does the work. */
export interface Idempotency {
  /** Opaque id of the client's credential: clients with different credentials may use the same key. */
  credentialId: string;
  /** The client's Idempotency-Key. */
  key: string;
  /** The request's body as it was understood; plain JSON. */
  body: unknown;
}

export interface StartRequest {
  /** The room as `recordableRoom` returned it. */
  room: RecordableRoom;
  /** Set if the client sent an Idempotency-Key: requests that are the same start get the same answer. */
  idempotency?: Idempotency;
  /** Answer as soon as the recording is stored, without waiting for it to record. */
  respondAsync?: boolean;
}

/** A repeat waits this much longer than the start deadline for the answer to the first request, milliseconds. */
const MARGIN_MS = 5_000;
const LOOK_AGAIN_MS = 50;
/** A lock whose registry entry is still missing after this time belongs to a process that died, milliseconds. */
const ENTRY_WITHIN_MS = 1_000;

/** The earlier start that one request repeats, if there is one. Without an Idempotency-Key there is none. */
export function createRepeatedStart(options: RecordingCommandOptions, { room, respondAsync, idempotency }: StartRequest) {
  const { store, clock, leaving } = options;
  const keys = idempotency === undefined ? undefined : keysOf(idempotency);
  const begunAt = clock.monotonic();
  const leftMs = () => begunAt + options.startTimeoutMs + MARGIN_MS - clock.monotonic();
  /** uid of the start with this key that had the room's lock: its recording answers even if its key is free again by then. */
  let first: string | undefined;
  let unnamedSince: number | undefined;

  return {
    /** Stored with a new recording. */
    keys: keys === undefined ? {} : { startKey: keys.startKey, startDigest: keys.startDigest },
    async find(): Promise<RecordingDocument | undefined> {
      if (keys === undefined) return undefined;
      const reads = [keys.startKey, keys.formerKey].map((key) => store.findByStartKey(key));
      if (first !== undefined) reads.push(store.load(first));
      return (await Promise.all(reads)).find((recording) => recording !== undefined);
    },
    /**
     * The answer to the first request, or, with `respondAsync`, its recording as it is.
     *
     * @throws IdempotencyMismatchError, IdempotencyInProgressError, and what `startAnswer` throws
     */
    async answer(earlier: RecordingDocument): Promise<RecordingDocument> {
      // Recordings of the first release have no digest; their requests differed by the room alone.
      const isSame =
        earlier.startDigest === undefined ? earlier.roomId === room.roomId : earlier.startDigest === keys?.startDigest;
      if (!isSame) throw new IdempotencyMismatchError();
      if (respondAsync === true) return earlier;
      return awaitStartAnswer(options, earlier, leftMs(), new IdempotencyInProgressError());
    },
    /**
     * Waits a moment if the room's lock belongs to a start with this key, or may do so because its entry is not written yet.
     *
     * @returns false: another start or recording holds the room
     * @throws StoppingError, IdempotencyInProgressError the first request has neither stored a recording nor given the room back
     *   in time
     */
    async waitsFor(holder: LockHolder | undefined): Promise<boolean> {
      if (keys === undefined) return false;
      unnamedSince = holder === undefined ? (unnamedSince ?? clock.monotonic()) : undefined;
      const isMissing = unnamedSince !== undefined && clock.monotonic() - unnamedSince > ENTRY_WITHIN_MS;
      if (isMissing || (holder !== undefined && holder.startKey !== keys.startKey)) return false;
      if (leftMs() <= 0) throw new IdempotencyInProgressError();
      first = holder?.uid ?? first;
      await sleep(LOOK_AGAIN_MS, clock, leaving);
      return true;
    },
  };
}

/** `formerKey` is the form in which the first release stored a key, for every credential. */
function keysOf({ credentialId, key, body }: Idempotency) {
  return {
    startKey: digest([credentialId, key]),
    startDigest: digest(body),
    formerKey: `idempotency:${key}`,
  };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
