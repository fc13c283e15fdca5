import type { Impostor } from './livekit-proxy.js';

const NOT_FOUND = { status: 404, body: { code: 'not_found', msg: 'twirp error unknown: egress does not exist' } };
const NOTHING = { status: 200, body: { items: [] } };

/** ListEgress shows nothing, and knows none of the egresses by its id. */
export const noEgress: Impostor = ({ method, body }) => {
  if (method !== 'ListEgress') return undefined;
  return (JSON.parse(body) as { egressId?: string }).egressId === undefined ? NOTHING : NOT_FOUND;
};

/** LiveKit's Redis was emptied: no egress, no room, nobody in it. */
export const nothingAtAll: Impostor = (call) => {
  if (call.method === 'ListRooms') return { status: 200, body: { rooms: [] } };
  if (call.method === 'ListParticipants') return { status: 200, body: { participants: [] } };
  return noEgress(call);
};

/** The rooms are there, and every recorder seems to have left. */
export const noRecorder =
  (roomIds: readonly string[]): Impostor =>
  ({ method }) => {
    if (method === 'ListRooms') return { status: 200, body: { rooms: roomIds.map((name) => ({ name, sid: 'RM_0' })) } };
    return method === 'ListParticipants' ? { status: 200, body: { participants: [] } } : undefined;
  };
