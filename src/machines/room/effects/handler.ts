import type { EffectHandler } from '../../kernel/definition.js';
import type { RoomEvent } from '../events.js';
import type { RoomContext } from '../room.js';

/** Does one effect of a room. */
export type RoomEffectHandler = EffectHandler<RoomContext, RoomEvent>;
