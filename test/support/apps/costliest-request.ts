import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { type HostileRequest, hostileRequest } from '../hostile-requests.js';
import { createRandom } from '../random.js';
import { createDataFolder } from '../stores/data-folder.js';
import { buildOnce, builtFile } from './build-once.js';

const METER = path.join(import.meta.dirname, 'turn-meter.mjs');
const API_KEY = 'key-of-the-search-for-the-costliest-request';
/** The costliest requests are sent again this many times, because a collection of garbage may fall into any turn. */
const AGAIN = 3;
const SUSPECTS = 5;

/**
 * Send generated requests to a Tally of its own, one after the other, and measure the processor time of its turns.
 *
 * @returns the costliest request; `ms` is the least of its longest turns, each time it was sent
 */
export async function costliestRequest(seed: number, count: number): Promise<HostileRequest & { ms: number }> {
  await buildOnce();
  const folder = await createDataFolder();
  const { PATH, HOME } = process.env;
  const tally = spawn(process.execPath, ['--import', METER, builtFile('main.js')], {
    env: { PATH, HOME, SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DATA_DIR: folder.path, MEET_INITIAL_API_KEY: API_KEY },
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  });
  try {
    const port = Number(await urlIn(createInterface({ input: tally.stdout as NodeJS.ReadableStream })));
    async function longestTurn({ bytes }: HostileRequest): Promise<number> {
      tally.send('begin');
      await once(tally, 'message');
      await send(port, bytes);
      tally.send('end');
      const [ms] = (await once(tally, 'message')) as [number];
      return ms;
    }
    const random = createRandom(seed);
    const suspects: (HostileRequest & { ms: number })[] = [];
    for (let index = 0; index < count; index += 1) {
      const request = hostileRequest(random, API_KEY);
      suspects.push({ ...request, ms: await longestTurn(request) });
      suspects.sort((a, b) => b.ms - a.ms).splice(SUSPECTS);
    }
    for (const suspect of suspects)
      for (let again = 0; again < AGAIN; again += 1) suspect.ms = Math.min(suspect.ms, await longestTurn(suspect));
    const [costliest] = suspects.sort((a, b) => b.ms - a.ms);
    if (costliest === undefined) throw new Error('no request was sent');
    return costliest;
  } finally {
    tally.kill('SIGKILL');
    await once(tally, 'exit');
    await folder.remove();
  }
}

async function urlIn(lines: AsyncIterable<string>): Promise<string | undefined> {
  let port: string | undefined;
  for await (const line of lines) {
    port ??= /^Tally {2}http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
    if (line.startsWith('curl')) break;
  }
  return port;
}

/** Resolves when the server has closed the connection. */
async function send(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write(bytes);
  socket.resume();
  await once(socket, 'close');
}
