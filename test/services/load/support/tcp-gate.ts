import { once } from 'node:events';
import { freeTcpPort } from '../../../servers/index.js';
import { createTcpProxy } from '../../support/tcp-proxy.js';

/** A TCP proxy in front of a server. `shut` cuts its connections and refuses new ones, as when the host is down. */
export interface TcpGate {
  readonly port: number;
  shut(): Promise<void>;
  open(): Promise<void>;
}

export async function startTcpGate(targetPort: number): Promise<TcpGate> {
  const port = await freeTcpPort();
  const { server, cut } = createTcpProxy(targetPort);
  const gate = {
    port,
    async open() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async shut() {
      cut();
      await once(server, 'close');
    },
  };
  await gate.open();
  return gate;
}
