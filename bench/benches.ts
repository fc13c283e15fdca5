import { bigLists } from './measures/big-lists.js';
import { listPages } from './measures/lists.js';
import { live } from './measures/live.js';
import { media } from './measures/media.js';
import { recovery } from './measures/recovery.js';
import { contention, startOverhead, startOverhead10 } from './measures/starts.js';
import { webhooks } from './measures/webhooks.js';
import type { Place } from './places/place.js';
import type { RealPlace } from './places/real-place.js';
import type { Result } from './results/result.js';

export interface Bench<On extends Place = Place> {
  /** The names of all results of one run. */
  names: readonly string[];
  run: (place: On) => Promise<Result | Result[]>;
  /** On real servers, too, the simulator stands in for LiveKit: thousands of recorders at once are too many for one machine. */
  simulates?: true;
}

const EVERYWHERE: readonly Bench[] = [
  { names: ['start_overhead_ms'], run: startOverhead },
  { names: ['start_overhead_10_ms'], run: startOverhead10 },
  { names: ['contention_200_ms'], run: contention },
  { names: ['webhooks_per_s', 'webhook_mongo_ops'], run: webhooks, simulates: true },
  { names: ['memory_per_live_kb', 'sweep_10k_s'], run: live, simulates: true },
  { names: ['recovery_1000_s'], run: recovery, simulates: true },
];

export const EMBEDDED: readonly Bench[] = [...EVERYWHERE, { names: ['list_page100_ratio'], run: listPages, simulates: true }];

export const REAL: readonly Bench<RealPlace>[] = [
  ...EVERYWHERE,
  { names: ['list_1m_ratio', 'list_per_s', 'get_per_s'], run: bigLists, simulates: true },
  { names: ['media_seek_ms', 'media_ratio', 'media_first_byte_ms', 'stream_memory_kb'], run: media, simulates: true },
];

/**
 * The benches that measure one of these names; without names, all benches.
 *
 * @throws Error no bench has such a name
 */
export function choose<Chosen extends Pick<Bench, 'names'>>(benches: readonly Chosen[], only?: readonly string[]): Chosen[] {
  const chosen = benches.filter(({ names }) => only === undefined || names.some((name) => only.includes(name)));
  if (chosen.length > 0) return chosen;
  throw new Error(`no bench '${String(only)}'; there are ${benches.flatMap(({ names }) => names).join(', ')}`);
}
