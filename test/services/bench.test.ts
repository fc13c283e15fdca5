import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../dist/bench/main.js', import.meta.url));
/** The bench starts its own servers: a replica set, Redis, MinIO, and LiveKit twice. */
const benchTimeoutMs = 90_000;

/** Runs the bench program. Exit code 1 (a missed target) is accepted, because few samples prove nothing about targets. */
async function bench(...args: string[]): Promise<readonly Record<string, unknown>[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--json', ...args]).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 1) return error as { stdout: string };
    throw error;
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it(
  'the benches on real servers print a line about their environment and a result for each bench',
  async () => {
    const only = 'start_overhead_ms,webhooks_per_s,list_per_s';
    const [environment, ...results] = await bench('--real', '--scale', '0.001', '--only', only);
    expect(environment).toMatchObject({ name: 'environment', locks: 'redis', media: 'minio', MongoDB: expect.any(String) });
    const names = ['start_overhead_ms', 'webhooks_per_s', 'webhook_mongo_ops', 'list_1m_ratio', 'list_per_s', 'get_per_s'];
    expect(results.map(({ name }) => name)).toEqual(names);
    for (const { value, ok } of results) expect([typeof value, typeof ok]).toEqual(['number', 'boolean']);
  },
  benchTimeoutMs,
);
