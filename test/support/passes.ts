import { eventually } from './eventually.js';
import type { LiveKitProxy } from './livekit-proxy.js';

/** Wait until Tally has looked at everything this many times more. */
export async function passes({ calls }: Pick<LiveKitProxy, 'calls'>, count: number): Promise<void> {
  const looks = () => calls.filter(({ method, body }) => method === 'ListEgress' && body.includes('active')).length;
  const wanted = looks() + count;
  await eventually(`${count} more looks`, looks, (seen) => seen >= wanted);
}
