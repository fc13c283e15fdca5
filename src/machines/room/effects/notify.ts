import type { Notifications } from '../../ports/notifications.js';
import type { RoomEffectHandler } from './handler.js';

export function notify(notifications: Notifications): RoomEffectHandler {
  return async ({ key, document, effect }) => {
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
  };
}
