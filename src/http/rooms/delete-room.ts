import { z } from 'zod';

import { del } from '../route/route.js';
import { deletionView, presentDeletion } from './deletion.presenter.js';
import type { RoomsDeps } from './deps.js';
import { roomIdSchema } from './ids.js';
import { deletionPolicyQuery } from './schemas.js';

/** The schema of the bare id: for this route the contract reports a bad id under an empty field name. */
const params = z.preprocess((named) => (named as { roomId?: unknown }).roomId, roomIdSchema);

export const deleteRoom = ({ rooms }: RoomsDeps) =>
  del('rooms.delete', '/api/v1/rooms/:roomId')
    .allows('apiKey')
    .reads({ params })
    .reads({ query: deletionPolicyQuery })
    .doing(({ params: roomId }) => `deleting room '${roomId}'`)
    .fails('room.not_found', 'room.deletion_refused')
    .answers({ 200: deletionView, 202: deletionView }, async ({ params: roomId, query: policy }, { state: { baseUrl } }) =>
      presentDeletion(roomId, await rooms.delete(roomId, policy), baseUrl),
    );
