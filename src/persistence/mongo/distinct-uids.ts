import type { StoredCollection } from './connect.js';

/**
 * Make the uids of adopted recordings unique. The original service never asked for that: of two recordings in two rooms that
 * drew the same one, the older keeps it, and the other's is extended by its `_id`. Its file is where it was.
 *
 * Reads the whole collection; only needed once the unique index could not be built.
 */
export async function makeUidsDistinct(recordings: StoredCollection): Promise<number> {
  const groups = recordings.aggregate<{ _id: string; ids: { _id: { toString(): string }; isLive: boolean }[] }>(
    [
      { $sort: { _id: 1 } },
      { $group: { _id: '$uid', ids: { $push: { _id: '$_id', isLive: { $eq: ['$liveKey', '$roomId'] } } } } },
      { $match: { 'ids.1': { $exists: true } } },
    ],
    { allowDiskUse: true },
  );
  let count = 0;
  for await (const { _id: uid, ids } of groups) {
    for (const { _id, isLive } of ids.slice(1)) {
      const own = `${uid}${String(_id)}`;
      const keys = { uid: own, startKey: own, ...(isLive ? {} : { liveKey: own }) };
      // Stored keys that follow the uid change with it, where they are.
      await recordings.updateOne({ _id, uid } as object, [
        {
          $set: {
            ...keys,
            'tally.unsettled': { $cond: [{ $eq: ['$tally.unsettled', uid] }, own, '$$REMOVE'] },
            'tally.owing': { $cond: [{ $eq: ['$tally.owing', uid] }, own, '$$REMOVE'] },
          },
        },
      ]);
      count += 1;
    }
  }
  return count;
}
