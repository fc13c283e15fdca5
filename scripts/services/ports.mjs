import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const host = '127.0.0.1';
/** Below the range from which the system numbers outgoing connections, so that none of those takes a port before its server does. */
const [lowest, highest] = [10_000, 32_000];

export function freeTcpPort() {
  return freePort((port) => createServer().listen(port, host));
}

export function freeUdpPort() {
  return freePort((port) => createSocket('udp4').bind(port, host));
}

export async function accepts(port) {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Drawn at random, so that the same port is not handed out twice. */
async function freePort(bind) {
  for (;;) {
    const port = randomInt(lowest, highest);
    const socket = bind(port);
    try {
      await once(socket, 'listening');
    } catch (error) {
      if (error.code === 'EADDRINUSE') continue;
      throw error;
    }
    socket.close();
    await once(socket, 'close');
    return port;
  }
}
