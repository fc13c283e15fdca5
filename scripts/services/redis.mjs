import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { accepts, freeTcpPort } from './ports.mjs';
import { runSettings, startProcess } from './process.mjs';

/**
 * @param args more of Redis's own options
 * @param tls options that name certificates: then every connection is encrypted
 */
export async function startRedis({ args: more = [], tls } = {}) {
  const { dir, programs } = runSettings();
  const port = await freeTcpPort();
  const data = await mkdtemp(join(dir, 'redis-'));
  const listen = tls === undefined ? ['--port', String(port)] : ['--port', '0', '--tls-port', String(port), ...tls];
  const args = ['--bind', '127.0.0.1', ...listen, '--dir', data, '--save', '', '--appendonly', 'no'];
  const title = ['--set-proc-title', 'no']; // its title would overwrite the environment, by which the reaper knows it
  const start = () =>
    startProcess({
      name: 'redis',
      file: programs.redis,
      args: [...args, ...title, ...more],
      ready: () => accepts(port),
    });
  return { ...(await start()), startAgain: start, port, address: `127.0.0.1:${port}`, flush: () => flush(port) };
}

/** Forget everything, as a Redis without persistence does when it restarts; connections stay. */
async function flush(port) {
  const socket = connect(port, '127.0.0.1');
  socket.write('FLUSHALL\r\n');
  const [answer] = await once(socket, 'data');
  socket.destroy();
  if (!answer.toString().startsWith('+OK')) throw new Error(`Redis answered ${answer}`);
}
