import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { createLogger } from '../../../src/logging.js';
import { openRedis } from '../../../src/persistence/redis/open-redis.js';
import { eventually } from '../../support/eventually.js';

const PASSWORD = '[hush}';

let server: Server;
let address: { host: string; port: number };

/** Starts a server that answers every command with WRONGPASS, whatever the password. */
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (text: string) => {
      const commands = text.match(/^\*\d+\r$/gm) ?? [];
      socket.write('-WRONGPASS invalid username-password pair or user is disabled.\r\n'.repeat(commands.length));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
});
afterAll(() => {
  server.close();
});

it.each(['node', 'cluster', 'sentinels'] as const)(
  'a Redis password that the server refuses does not appear in the log: %s',
  async (kind) => {
    const lines: string[] = [];
    const log = createLogger({ level: 'trace', name: 'test', destination: { write: (line) => lines.push(line) } });
    const redis = await openRedis({
      ...address,
      password: PASSWORD,
      ...(kind === 'cluster' && { cluster: [address] }),
      ...(kind === 'sentinels' && { sentinels: { addresses: [address], masterName: 'any', password: PASSWORD } }),
      log,
    });
    await eventually(
      'the outage is told',
      () => lines.join(''),
      (text) => text.includes('Redis cannot be reached'),
    );
    await expect(redis.ping()).rejects.toMatchObject({ code: 'locks.unavailable' });
    await redis.close();
    expect(lines.join('')).not.toContain('hush');
    for (const line of lines) JSON.parse(line);
  },
);
