import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

import { pino } from 'pino';
import { expect, it } from 'vitest';

import { openRedis } from '../../../src/persistence/redis/open-redis.js';

it('the ping of Redis writes a key under the prefix of the locks, to which a user may be limited', async () => {
  let received = '';
  // Answers OK to every command.
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
      socket.write('+OK\r\n'.repeat((text.match(/^\*\d+\r$/gm) ?? []).length));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const redis = await openRedis({ host: '127.0.0.1', port, log: pino({ level: 'silent' }) });
  await redis.ping();
  await redis.close();
  server.close();
  expect(received).toMatch(/eval\r\n[^]*\r\n1\r\n\$\d+\r\nov_meet_lock:(?!recording_active_|scheduled_task_)/);
});
