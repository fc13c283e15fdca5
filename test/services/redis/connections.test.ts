import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poll, startRedis, type Redis, type RunningProcess } from '../../servers/index.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { silentLog } from './servers.js';

describe('a listener for new connections to Redis', () => {
  let server: Redis;
  let again: RunningProcess | undefined;
  let redis: OpenRedis | undefined;

  beforeEach(async () => {
    server = await startRedis();
  });
  afterEach(async () => {
    await redis?.close();
    await server.stop();
    await again?.stop();
    again = undefined;
  });

  async function open(): Promise<{ calls: number; unsubscribe: () => void }> {
    redis = await openRedis({ host: '127.0.0.1', port: server.port, log: silentLog });
    const listener = { calls: 0, unsubscribe: redis.onConnected(() => (listener.calls += 1)) };
    return listener;
  }
  const isBack = () =>
    poll('Redis answers again', 20_000, () =>
      redis?.ping().then(
        () => true,
        () => false,
      ),
    );

  it('is called when Redis returns after a crash, and not before', async () => {
    const listener = await open();
    await redis?.ping();
    expect(listener.calls).toBe(0);
    await server.kill();
    again = await server.startAgain();
    await poll('the listener is called', 20_000, () => listener.calls > 0);
  });

  it('is called when Redis starts after Tally', async () => {
    await server.kill();
    const listener = await open();
    again = await server.startAgain();
    await poll('the listener is called', 20_000, () => listener.calls > 0);
  });

  it('is not called after it has unsubscribed', async () => {
    const listener = await open();
    listener.unsubscribe();
    await server.kill();
    again = await server.startAgain();
    await isBack();
    expect(listener.calls).toBe(0);
  });
});
