import { newRecording } from '../../src/machines/recording/machine/new-recording.js';
import type { RecordingDocument } from '../../src/machines/recording/recording.js';

/** The start of the newest made-up recording, epoch milliseconds. */
export const NEWEST = Date.UTC(2026, 0, 1);
const EVERY_MS = 1_000;

export function uidOf(number: number): string {
  return number.toString(16).padStart(10, '0');
}

export function startOf(number: number): number {
  return NEWEST - number * EVERY_MS;
}

/** The steps of a complete recording's history. */
const LIFE = [
  ['', 'starting.requesting', 'create', 'rest'],
  ['starting.requesting', 'starting.awaiting', 'egress.observed', 'effect'],
  ['starting.awaiting', 'active', 'egress.observed', 'webhook'],
  ['active', 'stopping.requested', 'stop', 'rest'],
  ['stopping.requested', 'stopping.ending', 'egress.observed', 'effect'],
  ['stopping.ending', 'complete', 'egress.observed', 'webhook'],
] as const;

/** A recording that is over, a second older than the one with the number before. One in ten has failed. */
export function finishedRecording(number: number, rooms: number): RecordingDocument {
  const uid = uidOf(number);
  const roomId = `bench-${String(number % rooms)}`;
  const at = startOf(number);
  const recording = newRecording({ uid, roomId, roomName: 'Bench', at, secret: () => uid });
  const media = isFailed(number) ? ({ media: 'missing', error: 'the egress failed' } as const) : ({ media: 'complete' } as const);
  const history = LIFE.map(([from, to, event, source], index) => ({
    at: at + index,
    from,
    to,
    event,
    source,
    instance: 'bench:1',
  }));
  return {
    ...recording,
    ...{ liveKey: uid, egressId: `EG_${uid}`, startDate: at, endDate: at + 10_000, duration: 10, size: 1_000 },
    ...{
      observation: { status: 'COMPLETE', updatedAt: `${String(at)}000000` },
      settledAt: at + 11_000,
      wasActive: true,
      ...media,
    },
    tally: {
      state: isFailed(number) ? { failed: 'rescuable' } : 'complete',
      ...{ machineVersion: 1, version: 6, effects: [], history, dueAt: null, lastWrite: 'bench:1:6' },
    },
  };
}

function isFailed(number: number): boolean {
  return Math.floor(number / 7) % 10 === 0;
}
