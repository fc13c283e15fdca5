import type { Notifications } from '../../ports/notifications.js';
import type { RoomEffectHandler } from './handler.js';

export interface NotifyPorts {
  notifications: Notifications;
}

export function createNotifyEffect({ notifications }: NotifyPorts): Record<'notify', RoomEffectHandler> {
  return {
    async notify({ key, document, effect }) {
      const { notice, status } = effect.params;
      await notifications.append({
        kind: 'room',
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
