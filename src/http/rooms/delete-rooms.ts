import { forEachId } from '../route/for-each-id.js';
import { del } from '../route/route.js';
import { presentDeletions, deletionsView } from './deletion.presenter.js';
import type { RoomsDeps } from './deps.js';
import { roomIdsSchema } from './ids.js';
import { deletionPolicyQuery } from './schemas.js';

const AT_ONCE = 10;

export const deleteRooms = ({ rooms, log }: RoomsDeps) =>
  del('rooms.deleteMany', '/api/v1/rooms')
    .allows('apiKey')
    .reads({ query: deletionPolicyQuery.extend({ roomIds: roomIdsSchema }) })
    .doing('deleting rooms')
    .answers({ 200: deletionsView, 400: deletionsView }, async ({ query: { roomIds, ...policy } }, { state }) => {
      const outcomes = await forEachId({
        ids: roomIds,
        atOnce: AT_ONCE,
        work: (roomId) => rooms.delete(roomId, policy),
        operation: (roomId) => `deleting room '${roomId}'`,
        explain: state.explain,
        log,
      });
      return presentDeletions(outcomes, state.baseUrl);
    });
