import type { Notifications } from '../../ports/notifications.js';
import type { RecordingEffectHandler } from './handler.js';

export interface NotifyPorts {
  notifications: Notifications;
}

export function createNotifyEffect({ notifications }: NotifyPorts): Record<'notify', RecordingEffectHandler> {
  return {
    async notify({ document, effect, key }) {
      const { notice, status } = effect.params;
      await notifications.append({
        kind: 'recording',
        key,
        version: effect.since,
        name: String(notice),
        status: String(status),
        entity: document,
      });
      return undefined;
    },
  };
}
