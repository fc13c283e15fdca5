import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A TCP proxy that is not listening yet. */
export interface TcpProxy {
  readonly server: Server;
  /** Accept no new connection, and cut the open ones. */
  cut(): void;
}

/** @param through makes a stream for each connection, through which all bytes pass on their way to the server; default: none */
export function createTcpProxy(targetPort: number, through?: () => Duplex): TcpProxy {
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(targetPort, '127.0.0.1');
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    (through === undefined ? incoming : incoming.pipe(through())).pipe(outgoing);
    outgoing.pipe(incoming);
  });
  return {
    server,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
