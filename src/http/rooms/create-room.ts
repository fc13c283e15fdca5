import { z } from 'zod';

import { created } from '../route/answers.js';
import { post } from '../route/route.js';
import type { RoomsDeps } from './deps.js';
import { presentRoom, roomView } from './room.presenter.js';
import { autoDeletionPolicySchema, DEFAULT_ROOM_CONFIG, roomConfigSchema } from './schemas.js';

export const createRoom = ({ rooms, clock, minAutoDeletionLeadMs }: RoomsDeps) =>
  post('rooms.create', '/api/v1/rooms')
    .allows('apiKey')
    .reads({ body: bodySchema(() => clock.now(), minAutoDeletionLeadMs) })
    .doing('creating room')
    .answers({ 201: roomView }, async ({ body }, { state: { baseUrl } }) => {
      const room = await rooms.create(body);
      return created(presentRoom(room, baseUrl), `${baseUrl}/api/v1/rooms/${room.roomId}`);
    });

/** A hundred years of 365.25 days. */
const MOST_LEAD_MS = 100 * 365.25 * 86_400_000;

/** @param now epoch milliseconds @param minLeadMs how far in the future an automatic deletion must be */
function bodySchema(now: () => number, minLeadMs: number) {
  return z.object({
    roomName: z
      .string()
      .max(50, 'roomName cannot exceed 50 characters')
      .transform((name) => name.trim().replace(/\s+/g, ' ') || 'Room')
      .default('Room'),
    autoDeletionDate: z
      .number()
      .refine((date) => Number.isInteger(date) && date > 0, 'autoDeletionDate must be a positive integer')
      .refine((date) => date <= now() + MOST_LEAD_MS, 'autoDeletionDate must be at most 100 years in the future')
      .refine((date) => date >= now() + minLeadMs, `autoDeletionDate must be at least ${inWords(minLeadMs)} in the future`)
      .exactOptional(),
    autoDeletionPolicy: autoDeletionPolicySchema.default({ withMeeting: 'when_meeting_ends', withRecordings: 'close' }),
    config: roomConfigSchema.default(DEFAULT_ROOM_CONFIG),
  });
}

/** `1h`, `90m`, `5s`: the largest unit that divides the time. */
function inWords(ms: number): string {
  for (const [unitMs, unit] of [
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ] as const) {
    if (ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}
