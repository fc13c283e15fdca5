import { once } from 'node:events';
import { connect } from 'node:net';

export interface Load {
  seconds: number;
  answers: number;
  /** The share of one core that this process used itself meanwhile, 0 to 1. */
  ownShare: number;
}

const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * GET each path once, over a number of connections with one request at a time each. Answers are counted but not parsed: parsing
 * would take processor time from the server under test.
 *
 * @throws Error an answer is not 200, or has no Content-Length
 */
export async function load(
  url: string,
  paths: readonly string[],
  connections: number,
  headers: Record<string, string>,
): Promise<Load> {
  const { hostname, port, host } = new URL(url);
  const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const requests = paths.map((path) => Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`));
  const begunAt = performance.now();
  const cpu = process.cpuUsage();
  let next = 0;

  async function connection(): Promise<void> {
    const socket = connect(Number(port), hostname).setNoDelay(true);
    await once(socket, 'connect');
    try {
      await new Promise<void>((resolve, reject) => {
        let missing = 0;
        const ask = (): void => {
          const request = requests[next++];
          if (request === undefined) resolve();
          else socket.write(request);
        };
        socket.on('data', (chunk: Buffer) => {
          if (missing === 0) {
            const head = chunk.toString('latin1', 0, chunk.indexOf(HEADER_END));
            const length = /content-length: (\d+)/i.exec(head)?.[1];
            if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
              reject(new Error(`answered ${chunk.toString()}`));
              return;
            }
            missing = head.length + HEADER_END.length + Number(length);
          }
          missing -= chunk.length;
          if (missing === 0) ask();
        });
        socket.on('error', reject);
        socket.on('close', () => reject(new Error('connection lost')));
        ask();
      });
    } finally {
      socket.destroy();
    }
  }

  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - begunAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, answers: paths.length, ownShare: (user + system) / 1e6 / seconds };
}
