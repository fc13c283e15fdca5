import type { Clock } from '../../../clock.js';
import type { ActorDefinition, EffectHandler, EffectSpec } from '../../kernel/definition.js';
import type { RoomContext } from '../room.js';
import { createRoomMachine, type RoomEvent } from './room.machine.js';

export const ROOM_MACHINE_VERSION = 1;

export const ROOM_EFFECTS = {
  endMeeting: { lane: 'livekit' },
  deleteRecordings: { lane: 'media' },
  notify: { lane: 'notification', key: (params, since) => `notify:${String(since)}:${String(params.notice)}` },
} as const satisfies Record<string, EffectSpec>;

/** @param options.notices false: nobody is told of transitions, so no notice is owed or kept. Default true */
export function defineRoom({ notices = true }: { notices?: boolean } = {}): ActorDefinition<RoomContext, RoomEvent> {
  const { notify, ...silent } = ROOM_EFFECTS;
  return {
    kind: 'room',
    machine: createRoomMachine(),
    version: ROOM_MACHINE_VERSION,
    effects: notices ? { ...silent, notify } : silent,
    deadlineOf: () => undefined,
    deadlinePassed: (generation, at) => ({ type: 'deadline.passed', generation, at, source: 'deadline' }),
    removeAt: (room) => room.deletedAt,
  };
}

export interface RoomEffectPorts {
  /** Deleting a LiveKit room that is not there succeeds. */
  endMeeting(roomId: string): Promise<void>;
  clock: Clock;
  /** Tell every recording of the room that it is to be deleted. Throwing means: again later, for those that are left. */
  deleteRecordings(roomId: string, signal: AbortSignal): Promise<void>;
  notify(notice: { entity: string; sequence: number; notice: string; status: string; room: RoomContext }): Promise<void>;
}

/** The I/O that the room machine names; each may run twice harmlessly. */
export function createRoomEffects(
  ports: RoomEffectPorts,
): Record<keyof typeof ROOM_EFFECTS, EffectHandler<RoomContext, RoomEvent>> {
  return {
    /** LiveKit's own word of it may get lost, or never come when its room was gone already. */
    async endMeeting({ key, document }) {
      await ports.endMeeting(key);
      return { type: 'meeting.finished', roomSid: document.meetingSid ?? '', at: ports.clock.now(), source: 'effect' };
    },
    async deleteRecordings({ key, signal }) {
      await ports.deleteRecordings(key, signal);
      return undefined;
    },
    async notify({ key, document, effect }) {
      const { notice, status } = effect.params;
      const entity = `room:${key}`;
      await ports.notify({ entity, sequence: effect.since, notice: String(notice), status: String(status), room: document });
      return undefined;
    },
  };
}
