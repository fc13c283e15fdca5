import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { InvalidInputError } from '../../../src/errors.js';
import { openRedis } from '../../../src/persistence/redis/open-redis.js';

describe('openRedis', () => {
  const target = { host: 'localhost', port: 6379, log: pino({ level: 'silent' }) };
  const cluster = [{ host: 'one', port: 1 }];

  it('refuses sentinels together with a cluster, and a database number together with a cluster', async () => {
    const sentinels = { addresses: cluster, masterName: 'any' };
    await expect(openRedis({ ...target, cluster, sentinels })).rejects.toThrow(InvalidInputError);
    await expect(openRedis({ ...target, cluster, db: 1 })).rejects.toThrow(InvalidInputError);
  });
});
