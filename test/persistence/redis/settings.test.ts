import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { InvalidInputError } from '../../../src/errors.js';
import { openRedis } from '../../../src/persistence/redis/open-redis.js';

describe('settings that contradict each other', () => {
  const target = { host: 'localhost', port: 6379, log: pino({ level: 'silent' }) };
  const cluster = [{ host: 'one', port: 1 }];

  it('are refused: sentinels and a cluster, a cluster with a database', async () => {
    const sentinels = { addresses: cluster, masterName: 'any' };
    await expect(openRedis({ ...target, cluster, sentinels })).rejects.toThrow(InvalidInputError);
    await expect(openRedis({ ...target, cluster, db: 1 })).rejects.toThrow(InvalidInputError);
  });
});
