import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** How other commands on this machine reach the running server. */
export interface RunningServer {
  url: string;
  apiKey: string;
  /** The simulator's URL; absent with a real LiveKit. */
  simulatorUrl?: string;
}

export function runningFile(dataDir: string): string {
  return path.join(dataDir, 'running.json');
}

/** The running server of a data folder; undefined when none answers. */
export async function findRunningServer(dataDir: string): Promise<RunningServer | undefined> {
  try {
    const server = JSON.parse(await readFile(runningFile(dataDir), 'utf8')) as RunningServer;
    const answer = await fetch(`${server.url}/health`);
    return answer.ok ? server : undefined;
  } catch {
    return undefined; // there is no file, or its server was killed
  }
}
