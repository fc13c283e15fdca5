import type { Clock } from '../../../clock.js';
import type { EffectHandler, EffectRun } from '../../kernel/definition.js';
import type { EgressGateway, EgressObservation } from '../../ports/egress-gateway.js';
import type { MediaStore } from '../../ports/media.js';
import type { Notifications } from '../../ports/notifications.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import type { EgressObserved, RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';

export interface RecordingEffectPorts {
  livekit: EgressGateway;
  media: MediaStore;
  locks: Pick<RoomLocks, 'extend' | 'release'>;
  notifications: Notifications;
  clock: Clock;
  /** Names this process: it calls StartEgress for those starts alone that it claimed. */
  instance: string;
  /** Full life of a room's lock, milliseconds. */
  lockTtlMs: number;
  /** Time limit of the last question before a start is undone, milliseconds. */
  confirmMs: number;
}

export type RecordingEffectRun = EffectRun<RecordingContext>;
/** Does one effect of a recording. */
export type RecordingEffectHandler = EffectHandler<RecordingContext, RecordingEvent>;

/** What LiveKit answered an effect about the egress. */
export function observed(egress: EgressObservation, at: number): EgressObserved {
  return { type: 'egress.observed', egress, at, source: 'effect' };
}
