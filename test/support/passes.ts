import { eventually } from './eventually.js';
import type { LiveKitProxy } from './simulator/livekit-proxy.js';

/** Waits until Tally has made `count` further reconcile passes. */
export async function passes({ calls }: Pick<LiveKitProxy, 'calls'>, count: number): Promise<void> {
  const looks = () => calls.filter(({ method, body }) => method === 'ListEgress' && body.includes('active')).length;
  const wanted = looks() + count;
  await eventually(`${count} more looks`, looks, (seen) => seen >= wanted);
}
