import { systemClock } from '../../clock.js';
import { presentRoom } from './room.presenter.js';
import { createRoomBody } from './schemas.js';
import type { RouteContext } from '../route/route-context.js';

const ONE_HOUR_MS = 3_600_000;

export function createRoom({ router, handle, deps }: RouteContext): void {
  const { rooms, clock = systemClock, minAutoDeletionLeadMs = ONE_HOUR_MS } = deps;
  const body = createRoomBody(() => clock.now(), minAutoDeletionLeadMs);
  router.post(
    '/rooms',
    handle({ name: 'rooms.create', accepts: ['apiKey'], body, operation: 'creating room' }, async (ctx, { body: request }) => {
      const room = await rooms.create(request);
      ctx.status = 201;
      ctx.set('Location', `${ctx.state.baseUrl}/api/v1/rooms/${room.roomId}`);
      ctx.body = presentRoom(room, ctx.state.baseUrl);
    }),
  );
}
