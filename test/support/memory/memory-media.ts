import { createHash } from 'node:crypto';
import { Readable, addAbortSignal } from 'node:stream';

import type { Clock } from '../../../src/clock.js';
import { systemClock } from '../../../src/clock.js';
import { MediaUnavailableError } from '../../../src/errors.js';
import type { MediaStore } from '../../../src/machines/ports/media.js';
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
        return { size: object.bytes.length, modifiedAt: object.modifiedAt, etag: etagOf(object) };
      });
    },
    async read(key, range, signal) {
      assertMediaKey(key);
      const stream = await throughGate(gate, 'media.read', mediaErrors, () => readLazily(key, range));
      return signal === undefined ? stream : addAbortSignal(signal, stream);
    },
    async remove(key) {
      assertMediaKey(key);
      await throughGate(gate, 'media.remove', mediaErrors, () => objects.delete(key));
    },
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

  function readLazily(key: string, { start, end }: { start: number; end: number }): Readable {
    return new Readable({
      read() {
        const object = objects.get(key);
        if (object === undefined) {
          this.destroy(new MediaUnavailableError(`No such object: ${key}`));
          return;
        }
        if (end >= start) this.push(Buffer.from(object.bytes.subarray(start, end + 1)));
        this.push(null);
      },
    });
  }
}

function etagOf({ bytes, modifiedAt }: StoredObject): string {
  return `"${createHash('sha256').update(bytes).update(String(modifiedAt)).digest('hex').slice(0, 32)}"`;
}
