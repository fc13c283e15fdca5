import type { StoredCollection } from './connect.js';

/**
 * Make the uids of adopted recordings unique, because OpenVidu Meet does not ensure that. If recordings of different rooms have
 * the same uid, the oldest keeps it, and every other one gets its `_id` appended to its uid. Media files are not renamed.
 *
 * Reads the whole collection, so it runs only if the unique index could not be built.
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
      // `tally.unsettled` and `tally.owing` repeat the uid while they are set, so they change with it.
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
