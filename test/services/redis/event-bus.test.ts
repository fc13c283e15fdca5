import type { Redis as Client } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { poll, startRedis, type Redis, type RunningProcess } from '../../servers/index.js';
import type { Wakeup } from '../../../src/machines/kernel/event-bus.js';
import { hostsAndPorts } from '../../../src/config/values.js';
import type { RedisTarget } from '../../../src/persistence/redis/connection.js';
import { openRedis, type OpenRedis } from '../../../src/persistence/redis/open-redis.js';
import { collectingLog } from './collecting-log.js';
import { connectTo, silentLog, startCluster, type RedisGroup } from './servers.js';

const CHANNEL = 'ov_meet_channel';

/** The key of the messages that test whether a subscription works. Some arrive late, so listeners ignore it. */
const HELLO = 'anybody?';
const wakeup = (key: string): Wakeup => ({ kind: 'recording', key });
const keysHeard = ({ bus }: OpenRedis): string[] => {
  const keys: string[] = [];
  bus.subscribe(({ key }) => {
    if (key !== HELLO) keys.push(key);
  });
  return keys;
};
const hears = (heard: string[], key: string) => poll(`${key} is heard`, 20_000, () => heard.includes(key));

/** Publishes until the other instance receives a message, because Redis drops messages before the subscription is active. */
async function connected(one: OpenRedis, other: OpenRedis): Promise<void> {
  let isHeard = false;
  const leave = other.bus.subscribe(() => (isHeard = true));
  await poll('the two hear each other', 20_000, () => {
    one.bus.publish(wakeup(HELLO));
    return isHeard;
  });
  leave();
}

describe.each(['Redis', 'a Redis cluster'])('the bus on %s', (kind) => {
  let group: RedisGroup;
  let one: OpenRedis;
  let other: OpenRedis;

  beforeAll(async () => {
    if (kind === 'Redis') {
      const server = await startRedis();
      group = { nodes: [server], stop: () => server.stop() };
    } else group = await startCluster();
  });
  afterAll(() => group.stop());
  beforeEach(async () => {
    const nodes = hostsAndPorts().parse(group.nodes.map(({ address }) => address).join(','));
    const [first] = nodes;
    const target: RedisTarget = { host: first?.host ?? '', port: first?.port ?? 0, ...(nodes.length > 1 && { cluster: nodes }) };
    [one, other] = await Promise.all([openRedis({ ...target, log: silentLog }), openRedis({ ...target, log: silentLog })]);
    await connected(one, other);
    await connected(other, one);
  });
  afterEach(() => Promise.all([one.close(), other.close()]));

  it('delivers each message exactly once to every instance, including its sender', async () => {
    const [mine, theirs] = [keysHeard(one), keysHeard(other)];
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    for (const key of keys) one.bus.publish(wakeup(key));
    expect(mine).toEqual(keys);
    await poll('all are heard', 20_000, () => theirs.length >= keys.length);
    for (const key of ['second', 'third']) {
      other.bus.publish(wakeup(key)); // arrives after the echoes of the earlier messages
      await hears(mine, key);
    }
    expect(mine).toEqual([...keys, 'second', 'third']);
    expect(theirs.sort()).toEqual([...keys, 'second', 'third'].sort());
  });

  it('calls no listener that has unsubscribed, and calls each other listener once although one throws', async () => {
    const left: string[] = [];
    const leave = other.bus.subscribe(({ key }) => left.push(key));
    other.bus.subscribe(() => {
      throw new Error('cannot');
    });
    const heard = keysHeard(other);
    leave();
    leave();
    one.bus.publish(wakeup('k'));
    await hears(heard, 'k');
    other.bus.publish(wakeup('own'));
    expect(heard).toEqual(['k', 'own']);
    expect(left).toEqual([]);
  });
});

describe('the Redis channel of the bus', () => {
  let server: Redis;
  let again: RunningProcess | undefined;
  let client: Client;

  beforeAll(async () => {
    server = await startRedis();
    client = connectTo(server.port);
  });
  afterAll(async () => {
    client.disconnect();
    await server.stop();
    await again?.stop();
  });
  const open = (log = silentLog) => openRedis({ host: '127.0.0.1', port: server.port, log });

  it('may carry messages of other programs and invalid text, which the bus ignores', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    await connected(one, other);
    const heard = keysHeard(other);
    for (const text of [
      '',
      'not JSON',
      'null',
      '7',
      '[]',
      '{}',
      JSON.stringify({ eventType: 'recording_active', payload: { recordingId: 'r' } }),
      JSON.stringify({ eventType: 'tally_wakeup' }),
      JSON.stringify({ eventType: 'tally_wakeup', payload: { kind: 1, key: 'k' } }),
    ]) {
      expect(await client.publish(CHANNEL, text)).toBeGreaterThan(0);
    }
    one.bus.publish(wakeup('sense'));
    await hears(heard, 'sense');
    expect(heard).toEqual(['sense']);
    await Promise.all([one.close(), other.close()]);
  });

  it("carries Tally's messages as JSON with eventType and payload", async () => {
    const listener = client.duplicate();
    const texts: string[] = [];
    await listener.subscribe(CHANNEL);
    listener.on('message', (_channel: string, text: string) => texts.push(text));
    const one = await open();
    one.bus.publish(wakeup('k'));
    await poll('the message arrives', 20_000, () => texts.length > 0);
    expect(JSON.parse(texts[0] ?? '')).toEqual({
      eventType: 'tally_wakeup',
      payload: { kind: 'recording', key: 'k' },
      origin: expect.any(String),
    });
    listener.disconnect();
    await one.close();
  });

  it('works again after an outage, and during the outage each instance still receives its own messages', async () => {
    const { log, messages } = collectingLog();
    const [one, other] = await Promise.all([open(log), open()]);
    await connected(one, other);
    const [mine, theirs] = [keysHeard(one), keysHeard(other)];
    await server.kill();
    for (let count = 0; count < 100; count += 1) one.bus.publish(wakeup(`lost-${count}`));
    expect(mine).toHaveLength(100);
    again = await server.startAgain();
    await connected(one, other);
    one.bus.publish(wakeup('found'));
    await hears(theirs, 'found');
    expect(mine.filter((key) => key === 'found')).toHaveLength(1);
    expect(messages.filter((message) => message.startsWith('Redis cannot'))).toHaveLength(1);
    await Promise.all([one.close(), other.close()]);
  });
});
