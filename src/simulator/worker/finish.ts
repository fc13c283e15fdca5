import { EgressStatus } from '@livekit/protocol';
import type { EgressRun } from './egress-run.js';

/** So many files are delivered at once; where a bucket is away, each takes seconds to find that out. */
const PARALLEL = 64;

/** A clean stop of the worker: what captures media ends and gets its file, what waits for media is aborted. */
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
