import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { createTcpProxy } from '../../support/tcp-proxy.js';

/** A chunk that would be delayed by less than this passes at once. */
const TICK_MS = 50;

/** A TCP proxy that limits how many bytes per second a client can send over each connection. */
export interface SlowLink {
  readonly port: number;
  close(): void;
}

/** @param bytesPerSecond Infinity for no limit */
export async function startSlowLink(targetPort: number, bytesPerSecond: number): Promise<SlowLink> {
  const { server, cut } = createTcpProxy(targetPort, () => throttle(bytesPerSecond));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: cut };
}

/** Delays each chunk by the time that it takes at this speed. */
function throttle(bytesPerSecond: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, pass) {
      const ms = (chunk.length / bytesPerSecond) * 1_000;
      if (ms < TICK_MS) pass(null, chunk);
      else setTimeout(() => pass(null, chunk), ms);
    },
  });
}
