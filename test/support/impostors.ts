import type { Impostor } from './simulator/livekit-proxy.js';

const NOT_FOUND = { status: 404, body: { code: 'not_found', msg: 'twirp error unknown: egress does not exist' } };
const NOTHING = { status: 200, body: { items: [] } };

/** Makes LiveKit list no egress and find none by its id. */
export const noEgress: Impostor = ({ method, body }) => {
  if (method !== 'ListEgress') return undefined;
  return (JSON.parse(body) as { egressId?: string }).egressId === undefined ? NOTHING : NOT_FOUND;
};

/** Makes LiveKit show no egress, room or participant, as after the loss of its Redis data. */
export const nothingAtAll: Impostor = (call) => {
  if (call.method === 'ListRooms') return { status: 200, body: { rooms: [] } };
  if (call.method === 'ListParticipants') return { status: 200, body: { participants: [] } };
  return noEgress(call);
};

/** Makes LiveKit list these rooms without any participant, so that every recorder seems to have left. */
export const noRecorder =
  (roomIds: readonly string[]): Impostor =>
  ({ method }) => {
    if (method === 'ListRooms') return { status: 200, body: { rooms: roomIds.map((name) => ({ name, sid: 'RM_0' })) } };
    return method === 'ListParticipants' ? { status: 200, body: { participants: [] } } : undefined;
  };
