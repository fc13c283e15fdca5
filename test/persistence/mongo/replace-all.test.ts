import { mongo } from 'mongoose';
import { describe, expect, it } from 'vitest';

import { WriteOutcomeUnknownError } from '../../../src/errors.js';
import type { MongoConnection, UpdateReply } from '../../../src/persistence/mongo/connect.js';
import { type Replacement, replaceAll } from '../../../src/persistence/mongo/replace-all.js';
import { buildRecording, withTally } from '../../contracts/documents.js';

const DUPLICATE = { index: 1, code: 11_000, errmsg: 'E11000 duplicate key' };
const STEPPED_DOWN = { index: 1, code: 11_602, errmsg: 'InterruptedDueToReplStateChange' };

/** Three replacements, and a MongoDB that gives this reply to their write and then finds these documents. */
function setUp(reply: UpdateReply | Error, found: (replacements: Replacement[]) => object[] = () => []) {
  const replacements = ['one', 'two', 'three'].map((key): Replacement => {
    const document = withTally(buildRecording(key), { lastWrite: `ours-${key}` });
    return { key, expectedVersion: 1, document, stored: { ...document } };
  });
  const connection = {
    replaceMany: () => (reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply)),
    kernel: () => ({ find: () => ({ toArray: async () => found(replacements) }) }),
  } as unknown as MongoConnection;
  const outcomes = async () => {
    const told = await replaceAll({ connection, name: 'recordings', keyName: 'uid' }, replacements);
    return replacements.map((each) => told.get(each));
  };
  return { outcomes };
}

/** The stored document of a replacement, with these kernel fields changed. */
const after = (replacement: Replacement | undefined, tally: object) => ({
  ...replacement?.document,
  tally: { ...replacement?.document.tally, ...tally },
});

describe('documents that one MongoDB command replaces together', () => {
  it('are all reported as replaced when MongoDB counts all of them', async () => {
    expect(await setUp({ n: 3 }).outcomes()).toEqual([true, true, true]);
  });

  it('are judged by their nonce when MongoDB counts fewer, and a missing document was not replaced', async () => {
    const { outcomes } = setUp({ n: 1 }, ([one, two]) => [after(one, {}), after(two, { lastWrite: 'theirs' })]);
    expect(await outcomes()).toEqual([true, false, false]);
  });

  it('are recognized by an earlier nonce when another instance wrote since, unless too many writes followed', async () => {
    const { outcomes } = setUp({ n: 2 }, ([one, two, three]) => [
      after(one, { version: 4, lastWrite: 'theirs', earlierWrites: ['ours-one', 'another'] }),
      after(two, { version: 3, lastWrite: 'theirs', earlierWrites: ['another'] }),
      after(three, { version: 9, lastWrite: 'theirs', earlierWrites: ['another'] }),
    ]);
    expect(await outcomes()).toEqual([true, false, 'unknown']);
  });

  it('are replaced although a unique index refuses one of them', async () => {
    const { outcomes } = setUp({ n: 2, writeErrors: [DUPLICATE] }, ([one, two, three]) => [
      after(one, {}),
      after(two, { version: 1, lastWrite: 'older' }),
      after(three, {}),
    ]);
    expect(await outcomes()).toEqual([true, false, true]);
  });

  it.each([
    { name: 'the primary stepped down between two of them', reply: { n: 1, writeErrors: [DUPLICATE, STEPPED_DOWN] } },
    { name: 'the majority did not confirm', reply: { n: 3, writeConcernError: { code: 64, errmsg: 'timed out' } } },
  ])('have an unknown outcome when $name', async ({ reply }) => {
    await expect(setUp(reply).outcomes()).rejects.toBeInstanceOf(WriteOutcomeUnknownError);
  });

  it('have an unknown outcome where a new primary shows the document before the write', async () => {
    const { outcomes } = setUp({ n: 2 }, ([one, two, three]) => [
      after(one, { version: 1, lastWrite: 'older' }),
      after(two, {}),
      after(three, { lastWrite: 'theirs' }),
    ]);
    expect(await outcomes()).toEqual(['unknown', true, false]);
  });

  it.each([
    { name: 'have an unknown outcome when the command was interrupted', code: 11_601, expected: WriteOutcomeUnknownError },
    {
      name: "fail with MongoDB's own error when the server is not the primary, because it wrote none",
      code: 10_107,
      expected: mongo.MongoServerError,
    },
  ])('$name', async ({ code, expected }) => {
    const error = new mongo.MongoServerError({ message: 'no', code });
    await expect(setUp(error).outcomes()).rejects.toBeInstanceOf(expected);
  });

  it('have an unknown outcome when MongoDB counts fewer and the documents cannot be read', async () => {
    const { outcomes } = setUp({ n: 2 }, () => {
      throw new Error('the connection is gone');
    });
    await expect(outcomes()).rejects.toBeInstanceOf(WriteOutcomeUnknownError);
  });
});
