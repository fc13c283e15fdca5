import type { OpenLiveKit } from './livekit.js';
import { openSimulator } from './simulator.js';

/** The servers, or embedded adapters, that a run of the benches gives to Tally. */
export interface Place {
  kind: 'embedded' | 'real';
  /** Adapters and versions, for the line before the results. */
  about: Record<string, string>;
  /** Variables that give Tally empty stores. The stores of the call before must not be in use any more. */
  emptyStores(): Promise<Record<string, string>>;
  openLiveKit: OpenLiveKit;
  /** The number of things to measure: `full`, or a share of it in a trial run. */
  count(full: number): number;
  /** The number of reads and writes that the primary of MongoDB has done for clients so far. */
  mongoOperations?(): Promise<number>;
  close(): Promise<void>;
}

/** Embedded adapters and the simulator: no server is needed. */
export function embeddedPlace(count: Place['count']): Place {
  return {
    kind: 'embedded',
    about: { store: 'embedded', locks: 'embedded', media: 'embedded', livekit: 'simulator' },
    emptyStores: () => Promise.resolve({}),
    openLiveKit: openSimulator,
    count,
    close: () => Promise.resolve(),
  };
}
