import { createHash } from 'node:crypto';
import { Readable, addAbortSignal } from 'node:stream';

import type { Clock } from '../../../src/clock.js';
import { systemClock } from '../../../src/clock.js';
import { MediaUnavailableError } from '../../../src/errors.js';
import type { ByteRange, MediaInfo, MediaStore } from '../../../src/machines/ports/media.js';
import { assertMediaKey } from '../../../src/persistence/media-key.js';
import type { Gate, GateErrors } from '../gate.js';
import { createGate, throughGate } from '../gate.js';

/** A media store in memory whose objects the test writes, in place of an egress. */
export interface MemoryMedia extends MediaStore {
  write(key: string, bytes: Uint8Array): void;
  /** The keys of the stored objects. */
  keys(): string[];
}

export interface MemoryMediaOptions {
  gate?: Gate;
  clock?: Clock;
}

interface StoredObject {
  bytes: Uint8Array;
  modifiedAt: number;
}

export const mediaErrors: GateErrors = {
  unavailable: (message) => new MediaUnavailableError(message),
  unknown: (message) => new MediaUnavailableError(message),
};

export function createMemoryMedia(options: MemoryMediaOptions = {}): MemoryMedia {
  const { gate = createGate(), clock = systemClock } = options;
  const objects = new Map<string, StoredObject>();

  return {
    async stat(key) {
      assertMediaKey(key);
      return throughGate(gate, 'media.stat', mediaErrors, () => {
        const object = objects.get(key);
        if (object === undefined) return undefined;
        return infoOf(object);
      });
    },
    async hold(key) {
      assertMediaKey(key);
      const object = await throughGate(gate, 'media.stat', mediaErrors, () => objects.get(key));
      if (object === undefined) return undefined;
      return {
        info: infoOf(object),
        read: (range, signal) => read(() => object, key, range, signal),
        close: () => Promise.resolve(),
      };
    },
    async read(key, range, signal) {
      assertMediaKey(key);
      return read(() => objects.get(key), key, range, signal);
    },
    async remove(key) {
      assertMediaKey(key);
      await throughGate(gate, 'media.remove', mediaErrors, () => objects.delete(key));
    },
    pathOf: (key) => key,
    egressPath(key) {
      assertMediaKey(key);
      return key;
    },
    write(key, bytes) {
      assertMediaKey(key);
      objects.set(key, { bytes: Uint8Array.from(bytes), modifiedAt: clock.now() });
    },
    keys: () => [...objects.keys()],
  };

  async function read(
    find: () => StoredObject | undefined,
    key: string,
    { start, end }: ByteRange,
    signal: AbortSignal | undefined,
  ): Promise<Readable> {
    const stream = await throughGate(gate, 'media.read', mediaErrors, () => {
      return new Readable({
        read() {
          const object = find();
          if (object === undefined) {
            this.destroy(new MediaUnavailableError(`No such object: ${key}`));
            return;
          }
          if (end >= start) this.push(Buffer.from(object.bytes.subarray(start, end + 1)));
          this.push(null);
        },
      });
    });
    return signal === undefined ? stream : addAbortSignal(signal, stream);
  }
}

function infoOf(object: StoredObject): MediaInfo {
  return { size: object.bytes.length, modifiedAt: object.modifiedAt, etag: etagOf(object) };
}

function etagOf({ bytes, modifiedAt }: StoredObject): string {
  return `"${createHash('sha256').update(bytes).update(String(modifiedAt)).digest('hex').slice(0, 32)}"`;
}
