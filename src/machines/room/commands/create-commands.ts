import { randomBytes } from 'node:crypto';

import type { Clock } from '../../../clock.js';
import type { Supervisor } from '../../kernel/supervisor.js';
import type { CreateRoomRequest, RoomCommands } from './commands.js';
import { planDeletion } from '../machine/deletion.js';
import type { Recorder } from '../../ports/recorder.js';
import { RoomNotFoundError } from '../../ports/rooms.js';
import { RoomDeletionRefusedError } from '../errors.js';
import { drawRoomId } from '../room-id.js';
import type { RoomStore } from '../room-store.js';
import { type RoomContext, type RoomDocument, roomStatusOf } from '../room.js';
import type { RoomEvent } from '../events.js';

export interface RoomCommandOptions {
  supervisor: Supervisor<RoomContext, RoomEvent>;
  store: RoomStore;
  recorder: Pick<Recorder, 'hasRecordings'>;
  clock: Clock;
}

/** How long a deletion waits until the room's recordings were told of it; they are anyway. */
const RECORDINGS_ANSWER_MS = 5_000;

export function createRoomCommands({ supervisor, store, recorder, clock }: RoomCommandOptions): RoomCommands {
  async function get(roomId: string): Promise<RoomDocument> {
    const room = await store.load(roomId);
    if (room === undefined || roomStatusOf(room) === undefined) throw new RoomNotFoundError(roomId);
    return room;
  }

  return {
    async create(request) {
      const room = newRoom(request, clock.now());
      const result = await supervisor.create(room.roomId, room, 'rest');
      if (!result.created) throw new Error(`room id '${room.roomId}' was drawn twice`);
      return result.document;
    },
    get,
    async delete(roomId, policy) {
      await get(roomId);
      const hasRecordings = await recorder.hasRecordings(roomId);
      const event: RoomEvent = { type: 'delete', hasRecordings, ...policy, at: clock.now(), source: 'rest' };
      const sent = await supervisor.send(roomId, event);
      const status = sent === undefined ? undefined : roomStatusOf(sent.before);
      if (sent === undefined || status === undefined) throw new RoomNotFoundError(roomId);
      const plan = planDeletion({ hasMeeting: status === 'active_meeting', hasRecordings, ...policy });
      if ('refused' in plan) throw new RoomDeletionRefusedError(roomId, plan.refused);
      if (plan.outcome === 'at_once' && hasRecordings) {
        await supervisor.observe(roomId, (room) => !owesRecordings(room), RECORDINGS_ANSWER_MS);
      }
      return { deletion: plan.deletion, ...(plan.showsRoom ? { room: sent.after } : {}) };
    },
  };
}

/** Some recordings may not have been told yet that they are deleted. */
function owesRecordings({ tally }: RoomDocument): boolean {
  return tally.effects.some(({ name }) => name === 'deleteRecordings');
}

function newRoom(request: CreateRoomRequest, now: number): RoomContext {
  const roomId = drawRoomId(request.roomName);
  const link = () => `/room/${roomId}?secret=${randomBytes(5).toString('hex')}`;
  return {
    schemaVersion: 1,
    roomId,
    roomName: request.roomName,
    creationDate: now,
    ...(request.autoDeletionDate === undefined ? {} : { autoDeletionDate: request.autoDeletionDate }),
    ...(request.autoDeletionPolicy === undefined ? {} : { autoDeletionPolicy: request.autoDeletionPolicy }),
    config: request.config,
    moderatorUrl: link(),
    speakerUrl: link(),
    meetingEndAction: 'none',
  };
}
