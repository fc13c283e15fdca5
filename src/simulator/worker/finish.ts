import { EgressStatus } from '@livekit/protocol';
import type { EgressRun } from './egress-run.js';

/** Number of parallel uploads. When the bucket is away, each upload takes seconds to fail. */
const PARALLEL = 64;

/** A clean stop of the worker: egresses that capture media end with a file, egresses that wait for media are aborted. */
export async function finishAll(runs: Iterable<EgressRun>): Promise<void> {
  const left = [...runs].filter(({ handler }) => handler !== 'gone');
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let run = left.pop(); run !== undefined; run = left.pop()) await finish(run);
    }),
  );
}

async function finish(run: EgressRun): Promise<void> {
  if (run.status === EgressStatus.EGRESS_STARTING) run.abort('Process killed', 'stop');
  else await run.finishNow();
}
