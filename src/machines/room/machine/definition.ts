import type { ActorDefinition, EffectSpec } from '../../kernel/definition.js';
import type { RoomContext } from '../room.js';
import { roomMachine } from './room.machine.js';
import type { RoomEvent } from '../events.js';

export const ROOM_MACHINE_VERSION = 1;

/** Number of effects of one target that run at once. */
const LANES = { livekit: 256, notification: 32, media: 32 };

export const ROOM_EFFECTS = {
  endMeeting: { lane: 'livekit' },
  deleteRecordings: { lane: 'media', isAwaited: true },
  notify: { lane: 'notification', key: (params, since) => `notify:${String(since)}:${String(params.notice)}` },
} as const satisfies Record<string, EffectSpec<keyof typeof LANES>>;

export type RoomEffectName = keyof typeof ROOM_EFFECTS;

/** @param options.notices false: transitions make no notices. Default true */
export function defineRoom({ notices = true }: { notices?: boolean } = {}): ActorDefinition<RoomContext, RoomEvent> {
  const { notify, ...silent } = ROOM_EFFECTS;
  return {
    kind: 'room',
    machine: roomMachine,
    version: ROOM_MACHINE_VERSION,
    lanes: LANES,
    effects: notices ? { ...silent, notify } : silent,
    removeAt: (room) => room.deletedAt,
  };
}
