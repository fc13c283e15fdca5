import { mongo } from 'mongoose';
import { describe, expect, it } from 'vitest';

import { StoreUnavailableError, WriteOutcomeUnknownError } from '../../../src/errors.js';
import { isDuplicateKey, reading, writing } from '../../../src/persistence/mongo/driver-errors.js';

const server = (code: number) => new mongo.MongoServerError({ message: `code ${code}`, code });
const writeConcern = (code: number) =>
  new mongo.MongoWriteConcernError({ ok: 1, writeConcernError: { code, errmsg: 'waiting' } });
const network = (options: { beforeHandshake?: boolean } = {}) =>
  Reflect.construct(mongo.MongoNetworkError, ['cut', options]) as mongo.MongoNetworkError;
const named = (name: string) => Object.defineProperty(network(), 'name', { value: name });

describe('a write that failed', () => {
  it.each<[string, Error]>([
    ['was not confirmed by the majority in time', writeConcern(64)],
    ['was cut off by a step-down while it waited', writeConcern(189)],
    ['met a primary that steps down', server(189)],
    ['met a primary that shuts down', server(91)],
    ['was interrupted', server(11_602)],
    ['lost its connection', network()],
    ['got no answer', Reflect.construct(mongo.MongoNetworkTimeoutError, ['timed out']) as Error],
    ['was cut off by the monitor', named('PoolClearedOnNetworkError')],
    ['got an answer nobody understands', new mongo.MongoUnexpectedServerResponseError('?')],
  ])('because it %s has an unknown outcome', async (_, cause) => {
    await expect(writing(() => Promise.reject(cause))).rejects.toSatisfy(
      (error) => error instanceof WriteOutcomeUnknownError && error.cause === cause && error.retryable,
    );
  });

  it.each<[string, Error]>([
    ['the server is no primary', server(10_107)],
    ['the pool turned it away', named('MongoPoolClearedError')],
    ['the connection never came up', network({ beforeHandshake: true })],
    ['the server refused its user', server(13)],
    ['it cannot be encoded', new TypeError('cyclic')],
  ])('because %s is unavailable: nothing was written', async (_, cause) => {
    await expect(writing(() => Promise.reject(cause))).rejects.toSatisfy(
      (error) => error instanceof StoreUnavailableError && error.cause === cause && error.retryable,
    );
  });

  it.each([server(10_107), named('MongoPoolClearedError')])('before it began is tried once more', async (first) => {
    let tries = 0;
    expect(await writing(() => (++tries === 1 ? Promise.reject(first) : Promise.resolve('done')))).toBe('done');
  });

  it.each([server(189), writeConcern(64), network()])('in any other way is not tried again', async (first) => {
    let tries = 0;
    await writing(() => Promise.reject(((tries += 1), first))).catch(() => undefined);
    expect(tries).toBe(1);
  });
});

it('a read that failed is unavailable, whatever the reason', async () => {
  for (const cause of [network(), server(189), new TypeError('?')]) {
    await expect(reading(() => Promise.reject(cause))).rejects.toSatisfy(
      (error) => error instanceof StoreUnavailableError && error.cause === cause,
    );
  }
});

it('a taken unique key is told from other answers', () => {
  expect([server(11_000), server(11_600), new Error('11000')].map(isDuplicateKey)).toEqual([true, false, false]);
});
