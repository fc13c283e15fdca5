import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

import { accepts, freeTcpPort } from './processes/ports.js';
import { type RunningProcess, startProcess } from './processes/process.js';
import { programPath, runSettings } from './run-settings.js';

export interface Redis extends RunningProcess {
  readonly port: number;
  /** `host:port` */
  readonly address: string;
  /** Starts Redis again with the same port and settings, after it was killed. */
  startAgain(): Promise<RunningProcess>;
  /** Deletes all data, as a restart without persistence does; connections stay open. */
  flush(): Promise<void>;
}

export interface RedisOptions {
  /** Further command-line options of Redis. */
  readonly args?: readonly string[];
  /** Command-line options with certificates; when given, every connection is encrypted. */
  readonly tls?: readonly string[];
}

export async function startRedis({ args: more = [], tls }: RedisOptions = {}): Promise<Redis> {
  const port = await freeTcpPort();
  const data = await mkdtemp(join(runSettings().dir, 'redis-'));
  const listen = tls === undefined ? ['--port', String(port)] : ['--port', '0', '--tls-port', String(port), ...tls];
  const args = ['--bind', '127.0.0.1', ...listen, '--dir', data, '--save', '', '--appendonly', 'no'];
  // A process title would overwrite the environment, by which the reaper finds the process.
  const title = ['--set-proc-title', 'no'];
  const start = () =>
    startProcess({
      name: 'redis',
      file: programPath('redis'),
      args: [...args, ...title, ...more],
      ready: () => accepts(port),
    });
  return { ...(await start()), startAgain: start, port, address: `127.0.0.1:${port}`, flush: () => flush(port) };
}

async function flush(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.write('FLUSHALL\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  if (!answer.toString().startsWith('+OK')) throw new Error(`Redis answered ${answer.toString()}`);
}
