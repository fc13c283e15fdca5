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

describe('a failed MongoDB write', () => {
  it.each<[string, Error]>([
    ['was not confirmed by the majority in time', writeConcern(64)],
    ['was cut off by a step-down while it waited', writeConcern(189)],
    ['reached a primary that steps down', server(189)],
    ['reached a primary that shuts down', server(91)],
    ['was interrupted', server(11_602)],
    ['lost its connection', network()],
    ['got no answer', Reflect.construct(mongo.MongoNetworkTimeoutError, ['timed out']) as Error],
    ['was cut off by the monitor', named('PoolClearedOnNetworkError')],
    ['got an answer that the driver does not understand', new mongo.MongoUnexpectedServerResponseError('?')],
  ])('throws WriteOutcomeUnknownError when it %s', async (_, cause) => {
    await expect(writing(() => Promise.reject(cause))).rejects.toSatisfy(
      (error) => error instanceof WriteOutcomeUnknownError && error.cause === cause && error.retryable,
    );
  });

  it.each<[string, Error]>([
    ['the server is not the primary', server(10_107)],
    ['the connection pool refused it', named('MongoPoolClearedError')],
    ['the connection was never established', network({ beforeHandshake: true })],
    ['the server refused the user', server(13)],
    ['the document cannot be encoded', new TypeError('cyclic')],
  ])('throws StoreUnavailableError, because nothing was written, when %s', async (_, cause) => {
    await expect(writing(() => Promise.reject(cause))).rejects.toSatisfy(
      (error) => error instanceof StoreUnavailableError && error.cause === cause && error.retryable,
    );
  });

  it.each([server(10_107), named('MongoPoolClearedError')])(
    'is tried once more after an error that came before the write began: %s',
    async (first) => {
      let tries = 0;
      expect(await writing(() => (++tries === 1 ? Promise.reject(first) : Promise.resolve('done')))).toBe('done');
    },
  );

  it.each([server(189), writeConcern(64), network()])('is not tried again after any other error: %s', async (first) => {
    let tries = 0;
    await writing(() => Promise.reject(((tries += 1), first))).catch(() => undefined);
    expect(tries).toBe(1);
  });
});

it('a failed MongoDB read throws StoreUnavailableError, whatever the cause', async () => {
  for (const cause of [network(), server(189), new TypeError('?')]) {
    await expect(reading(() => Promise.reject(cause))).rejects.toSatisfy(
      (error) => error instanceof StoreUnavailableError && error.cause === cause,
    );
  }
});

it('isDuplicateKey recognizes only the MongoDB error code 11000', () => {
  expect([server(11_000), server(11_600), new Error('11000')].map(isDuplicateKey)).toEqual([true, false, false]);
});
