import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const host = '127.0.0.1';
/** These ports lie below the range of outgoing connections, so that no connection takes a port before its server does. */
const [lowest, highest] = [10_000, 32_000];

export function freeTcpPort(): Promise<number> {
  return freePort((port) => createServer().listen(port, host));
}

export function freeUdpPort(): Promise<number> {
  return freePort((port) => createSocket('udp4').bind(port, host));
}

/** Whether a server listens on the port. */
export async function accepts(port: number): Promise<boolean> {
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

interface Socket extends NodeJS.EventEmitter {
  close(): unknown;
}

/** Draws ports at random, so that two callers seldom get the same one. */
async function freePort(bind: (port: number) => Socket): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    const socket = bind(port);
    try {
      await once(socket, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    const closed = once(socket, 'close');
    socket.close();
    await closed;
    return port;
  }
}
