import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { readOptions } from '../config/command-line.js';
import { parseConfig, withEnvFile } from '../config/config.js';
import { toError } from '../errors.js';
import { recordDemo } from './record-demo.js';
import { findRunningServer, type RunningServer } from './running-server.js';

/** Environment variables that would connect the temporary server to real servers. */
const REAL_FAMILIES = /^(LIVEKIT_|MEET_|TALLY_|SERVER_)/;

const values = readOptions({
  usage: 'npm run demo --',
  about: 'Records a demo room and prints the path of its MP4. Uses the running server or, without one, a temporary server.',
  options: { seconds: { type: 'string', default: '10', value: 'N', about: 'length of the recording, 1 to 3600 seconds' } },
});

async function main(): Promise<void> {
  const seconds = Number(values.seconds);
  if (!Number.isFinite(seconds) || seconds < 1 || seconds > 3_600) throw new Error('--seconds takes a number from 1 to 3600');
  const { dataDir } = parseConfig(withEnvFile(process.env, process.cwd()));
  const running = await findRunningServer(dataDir);
  const { server, stop } =
    running?.simulatorUrl === undefined ? await startThrowAway() : { server: running, stop: () => Promise.resolve() };
  try {
    const { file, durationSeconds } = await recordDemo(server, seconds, tmpdir());
    if (Math.abs(durationSeconds - seconds) > 1) {
      throw new Error(`the file lasts ${durationSeconds.toFixed(2)} s instead of ${String(seconds)} s: ${file}`);
    }
    process.stdout.write(`${file}\n`);
  } finally {
    await stop();
  }
}

/** Starts a temporary server with free ports and a new data folder, for one recording. */
async function startThrowAway(): Promise<{ server: RunningServer; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tally-demo-'));
  const inherited = Object.entries(process.env).filter(([name]) => !REAL_FAMILIES.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    SERVER_PORT: '0',
    TALLY_SIMULATOR_PORT: '0',
    TALLY_DATA_DIR: dataDir,
    MEET_LOG_LEVEL: 'error',
  };
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '..', 'main.js')], {
    env,
    cwd: dataDir, // without a `.env`
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    for await (const line of createInterface(child.stdout)) if (line.startsWith('Data  ')) break;
    const server = await findRunningServer(dataDir);
    if (server === undefined) throw new Error('the throw-away server did not start');
    return { server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`demo: ${toError(error).message}\n`);
  process.exitCode = 1;
});
