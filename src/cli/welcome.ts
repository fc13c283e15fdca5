import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { toFile, type Logger } from '../logging.js';
import { runningFile, type RunningServer } from './running-server.js';

export interface Welcome {
  url: string;
  apiKey: string;
  /** Whether the API key may be printed; else a log line names the file that has it. */
  showsKey: boolean;
  /** Whether the data folder keeps the API key, in the file `api-key` (mode 0600); the operator of a configured key has it anyway. */
  keepsKey: boolean;
  dataDir: string;
  simulator?: { url: string; apiKey: string; apiSecret: string; demoRoomId: string };
}

const STDOUT = 1;

/**
 * Print the URLs and, with the simulator, commands that record a demo room. Also store the URLs in a file of the data folder (mode
 * 0600) for other commands; if that fails, the server runs without the file.
 *
 * @returns a function that removes the file
 */
export async function announce(welcome: Welcome, log: Logger): Promise<() => Promise<void>> {
  const { url, apiKey, showsKey, keepsKey, dataDir, simulator } = welcome;
  const running: RunningServer = { url, apiKey, ...(simulator === undefined ? {} : { simulatorUrl: simulator.url }) };
  const file = runningFile(dataDir);
  const forget = () => rm(file, { force: true }).catch(() => undefined);
  try {
    await writePrivate(file, JSON.stringify(running));
  } catch (err) {
    await forget();
    log.warn({ err, file }, 'other commands do not find this server');
  }
  const keyFile = path.join(dataDir, 'api-key');
  if (keepsKey) await keepKey(keyFile, apiKey, showsKey, log);
  else
    await rm(keyFile, { force: true }).catch((err: unknown) =>
      log.warn({ err, file: keyFile }, 'an outdated API key could not be removed'),
    );
  toFile(STDOUT).write(`${linesOf(welcome).join('\n')}\n`);
  return forget;
}

async function keepKey(file: string, apiKey: string, isShown: boolean, log: Logger): Promise<void> {
  try {
    await writePrivate(file, `${apiKey}\n`);
    if (!isShown) log.info({ file }, 'this file has the API key');
  } catch (err) {
    log.warn({ err, file }, 'the API key could not be written');
  }
}

/** Write a file that only its owner can read. It is a new file: an old one could have other rights. */
async function writePrivate(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await rm(file, { force: true });
  await writeFile(file, content, { mode: 0o600 });
}

function linesOf({ url, apiKey, showsKey, dataDir, simulator }: Welcome): string[] {
  return [
    `Tally  ${url}`,
    ...(simulator === undefined ? [] : [`Simulator  ${simulator.url}  (key ${simulator.apiKey}, secret ${simulator.apiSecret})`]),
    ...(showsKey ? [`API key  ${apiKey}`] : []),
    `Data  ${dataDir}`,
    ...(simulator === undefined ? [] : ['', ...recordDemo(`${url}/api/v1/recordings`, apiKey, simulator.demoRoomId)]),
  ];
}

/** Commands that set the key, start a recording, stop it, and download its file once it is delivered. */
function recordDemo(recordings: string, apiKey: string, roomId: string): string[] {
  const key = '-H "X-API-KEY: $KEY"';
  const newest = `$(curl -s ${key} '${recordings}?roomId=${roomId}&maxItems=1&fields=recordingId' | grep -o '${roomId}--[^"]*')`;
  return [
    `export KEY=${apiKey}`,
    `curl -s -X POST ${key} -H 'Content-Type: application/json' -d '{"roomId":"${roomId}"}' ${recordings}`,
    `curl -s -X POST ${key} "${recordings}/${newest}/stop"`,
    `curl -sf --retry 10 --retry-delay 1 --retry-all-errors ${key} -o demo.mp4 "${recordings}/${newest}/media"`,
  ];
}
