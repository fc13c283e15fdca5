import type { Clock } from '../../../clock.js';
import type { EffectHandler, EffectRun } from '../../kernel/definition.js';
import type { EgressGateway, EgressObservation } from '../../ports/egress-gateway.js';
import type { FileReports, MediaStore } from '../../ports/media.js';
import type { Notifications } from '../../ports/notifications.js';
import type { RoomLocks } from '../../ports/room-locks.js';
import type { EgressObserved, RecordingEvent } from '../events.js';
import type { RecordingContext } from '../recording.js';

export interface RecordingEffectPorts {
  livekit: EgressGateway;
  media: Pick<MediaStore, 'stat' | 'read' | 'remove' | 'egressPath' | 'pathOf'>;
  files: Pick<FileReports, 'undelivered' | 'settled'>;
  locks: Pick<RoomLocks, 'extend' | 'release'>;
  notifications: Notifications;
  clock: Clock;
  /** Id of this process, which calls StartEgress only for the starts that it claimed. */
  instance: string;
  /** Full lifetime of a room lock, milliseconds. */
  lockTtlMs: number;
  /** Time limit of the last query to LiveKit before a start is undone, milliseconds. */
  confirmMs: number;
}

export type RecordingEffectRun = EffectRun<RecordingContext>;
/** The handler of one effect of a recording. */
export type RecordingEffectHandler = EffectHandler<RecordingContext, RecordingEvent>;

/** The event for an egress snapshot that LiveKit returned to an effect. */
export function observed(egress: EgressObservation, at: number): EgressObserved {
  return { type: 'egress.observed', egress, at, source: 'effect' };
}
