import type { EgressTruth } from '../../../../src/simulator/index.js';

export interface Overlap {
  readonly roomName: string;
  readonly egressIds: readonly [string, string];
  readonly ms: number;
}

/** Lists every period in which two egresses captured media in one room, according to the simulator. */
export function overlapsOf(egresses: readonly EgressTruth[], now: number): readonly Overlap[] {
  const captures = egresses
    .filter(({ liveFrom }) => liveFrom !== undefined)
    .map(({ egressId, roomName, liveFrom = 0, liveTo = now }) => ({ egressId, roomName, liveFrom, liveTo }))
    .sort((a, b) => a.liveFrom - b.liveFrom);
  const running = new Map<string, typeof captures>();
  const overlaps: Overlap[] = [];
  for (const capture of captures) {
    const others = (running.get(capture.roomName) ?? []).filter(({ liveTo }) => liveTo > capture.liveFrom);
    for (const other of others) {
      const ms = Math.min(other.liveTo, capture.liveTo) - capture.liveFrom;
      overlaps.push({ roomName: capture.roomName, egressIds: [other.egressId, capture.egressId], ms });
    }
    running.set(capture.roomName, [...others, capture]);
  }
  return overlaps;
}
