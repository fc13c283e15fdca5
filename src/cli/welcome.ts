import { mkdir, rm, writeFile } from 'node:fs/promises';

import { toFile, type Logger } from '../logging.js';
import { runningFile, type RunningServer } from './running-server.js';

export interface Welcome {
  url: string;
  apiKey: string;
  dataDir: string;
  simulator?: { url: string; apiKey: string; apiSecret: string; demoRoomId: string };
}

const STDOUT = 1;

/**
 * Print the URLs and, with the simulator, three commands that record a demo room. Also store the URLs in a file of the data
 * folder (mode 0600) for other commands; if that fails, the server runs without the file.
 *
 * @returns a function that removes the file
 */
export async function announce(welcome: Welcome, log: Logger): Promise<() => Promise<void>> {
  const { url, apiKey, dataDir, simulator } = welcome;
  const running: RunningServer = { url, apiKey, ...(simulator === undefined ? {} : { simulatorUrl: simulator.url }) };
  const file = runningFile(dataDir);
  const forget = () => rm(file, { force: true }).catch(() => undefined);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await rm(file, { force: true });
    await writeFile(file, JSON.stringify(running), { mode: 0o600 });
  } catch (err) {
    await forget();
    log.warn({ err, file }, 'other commands do not find this server');
  }
  toFile(STDOUT).write(`${linesOf(welcome).join('\n')}\n`);
  return forget;
}

function linesOf({ url, apiKey, dataDir, simulator }: Welcome): string[] {
  if (simulator === undefined) return [`Tally  ${url}`, `Data  ${dataDir}`];
  return [
    `Tally  ${url}`,
    `Simulator  ${simulator.url}  (key ${simulator.apiKey}, secret ${simulator.apiSecret})`,
    `API key  ${apiKey}`,
    `Data  ${dataDir}`,
    ...recordDemo(`${url}/api/v1/recordings`, apiKey, simulator.demoRoomId),
  ];
}

/** Three curl commands: start a recording, stop it, and download its file once it is delivered. */
function recordDemo(recordings: string, apiKey: string, roomId: string): string[] {
  const key = `-H 'X-API-KEY: ${apiKey}'`;
  const newest = `$(curl -s ${key} '${recordings}?roomId=${roomId}&maxItems=1&fields=recordingId' | grep -o '${roomId}--[^"]*')`;
  return [
    `curl -s -X POST ${key} -H 'Content-Type: application/json' -d '{"roomId":"${roomId}"}' ${recordings}`,
    `curl -s -X POST ${key} "${recordings}/${newest}/stop"`,
    `curl -sf --retry 10 --retry-delay 1 --retry-all-errors ${key} -o demo.mp4 "${recordings}/${newest}/media"`,
  ];
}
