import { poll } from '../../../servers/index.js';
import { leftRunning } from '../../../support/invariants.js';
import type { Cluster } from './cluster.js';
import { inBatches } from './in-batches.js';

const open = ['starting', 'active', 'ending'];

/** Stops every recording in these rooms, until Tally lists no live recording and the simulator runs no egress. */
export async function stopEverything(
  { client, simulator }: Cluster,
  roomIds: readonly string[],
  withinMs: number,
): Promise<void> {
  await poll(
    'nothing is recorded any more',
    withinMs,
    async () => {
      const listed = await inBatches(roomIds, 16, (roomId) => client.listRecordings(roomId));
      const live = listed.flat().filter(({ status }) => open.includes(status));
      await inBatches(live, 16, ({ recordingId }) => client.tryStop(recordingId));
      return live.length === 0 && leftRunning(await simulator.egresses()).length === 0;
    },
    250,
  );
}
