import type { RecordingStore } from '../../src/machines/recording/recording-store.js';
import type { RecordingDocument } from '../../src/machines/recording/recording.js';
import type { Random } from '../support/random.js';
import { buildEffect, buildRecording, buildUndated, buildUnnamed } from './documents.js';

/** The rooms of all random recordings. */
export const ROOMS = ['room-a', 'room-b', 'room-c'];
const STATES = [
  { starting: 'requesting' },
  { starting: 'awaiting' },
  'active',
  'stopping',
  'complete',
  'failed',
  'aborted',
  'deleted',
];

export type Write = (store: RecordingStore) => Promise<unknown>;

/** Draws a random write, which a store may refuse. Two stores with the same history give the same answer. */
export function drawWrite(random: Random): Write {
  const uid = `u${random.below(12)}`;
  const document = drawDocument(uid, random);
  const version = 1 + random.below(3);
  const kind = random.below(10);
  if (kind < 4) return (store) => store.create(uid, document);
  if (kind < 5) return (store) => store.remove(uid, version);
  return async (store) => {
    const current = kind < 9 ? ((await store.load(uid))?.tally.version ?? version) : version;
    const next = { ...document, tally: { ...document.tally, version: current + 1 } };
    return store.save(uid, next, current, { durable: kind === 5 });
  };
}

function drawDocument(uid: string, random: Random): RecordingDocument {
  const roomId = draw(ROOMS, random);
  const state = draw(STATES, random);
  const effects = random.below(2) === 0 ? [] : [buildEffect('notify')];
  return draw([buildRecording, buildUndated, buildUnnamed], random)(uid, {
    roomId,
    roomName: draw(['Sales', 'Design', 'sales 2'], random),
    liveKey: random.below(2) === 0 ? roomId : uid,
    startKey: random.below(3) === 0 ? `key-${random.below(4)}` : uid,
    limitReached: random.below(4) === 0,
    tally: { state, effects, dueAt: random.below(3) === 0 ? null : random.below(50) / 2 },
  });
}

function draw<Item>(items: readonly Item[], random: Random): Item {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error('nothing to draw from');
  return item;
}
