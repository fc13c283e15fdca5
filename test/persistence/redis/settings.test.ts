import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { InvalidInputError } from '../../../src/errors.js';
import { parseRedisAddresses } from '../../../src/persistence/redis/addresses.js';
import { openRedis } from '../../../src/persistence/redis/open-redis.js';

describe('a list of addresses', () => {
  it('is split into hosts and ports', () => {
    expect(parseRedisAddresses('one:26379, two.example:1,[::1]:65535')).toEqual([
      { host: 'one', port: 26_379 },
      { host: 'two.example', port: 1 },
      { host: '::1', port: 65_535 },
    ]);
  });

  it.each(['', 'one', 'one:', ':1', 'one:0', 'one:65536', 'one:1,', 'one:1;two:2', '::1:1', 'redis://one:1'])(
    'is refused as %j',
    (list) => {
      expect(() => parseRedisAddresses(list)).toThrow(InvalidInputError);
    },
  );
});

describe('settings that contradict each other', () => {
  const target = { host: 'localhost', port: 6379, log: pino({ level: 'silent' }) };
  const cluster = parseRedisAddresses('one:1');

  it('are refused: sentinels and a cluster, a cluster with a database', async () => {
    const sentinels = { addresses: cluster, masterName: 'any' };
    await expect(openRedis({ ...target, cluster, sentinels })).rejects.toThrow(InvalidInputError);
    await expect(openRedis({ ...target, cluster, db: 1 })).rejects.toThrow(InvalidInputError);
  });
});
