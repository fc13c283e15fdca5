import type { OpenLiveKit } from './livekit.js';
import { openSimulator } from './simulator.js';

/** On what a run of the benches lets Tally work. */
export interface Place {
  kind: 'embedded' | 'real';
  /** What is printed first: adapters and versions. */
  about: Record<string, string>;
  /** Variables of a Tally whose stores are empty; stores handed out before are not used any more. */
  emptyStores(): Promise<Record<string, string>>;
  openLiveKit: OpenLiveKit;
  /** A number of things to measure, smaller in a trial run. */
  count(full: number): number;
  /** Reads and writes that the primary of MongoDB was asked for so far, where there is one. */
  mongoOperations?(): Promise<number>;
  close(): Promise<void>;
}

/** Nothing but Node.js. */
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
