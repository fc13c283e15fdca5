import { z } from 'zod';

import type { RoomConfig } from '../../machines/room/room.js';
import { roomIdsSchema } from '../recordings/ids.js';

const WITH_MEETING = ['force', 'when_meeting_ends', 'fail'] as const;
const WITH_RECORDINGS = ['force', 'close', 'fail'] as const;

const switchSchema = z.object({ enabled: z.boolean() });

const defaultConfig: RoomConfig = {
  chat: { enabled: true },
  recording: { enabled: true, allowAccessTo: 'admin_moderator_speaker' },
  virtualBackground: { enabled: true },
  e2ee: { enabled: false },
};

/** A whole room configuration. Encrypted meetings cannot be recorded, so `e2ee` silently turns recording off. */
export const roomConfigSchema = z
  .object({
    recording: z
      .object({
        enabled: z.boolean(),
        allowAccessTo: z.enum(['admin', 'admin_moderator', 'admin_moderator_speaker']).exactOptional(),
      })
      .refine(({ enabled, allowAccessTo }) => !enabled || allowAccessTo !== undefined, {
        path: ['allowAccessTo'],
        error: 'allowAccessTo is required when recording is enabled',
      }),
    chat: switchSchema,
    virtualBackground: switchSchema,
    e2ee: switchSchema.default({ enabled: false }),
  })
  .transform((config): RoomConfig =>
    config.e2ee.enabled ? { ...config, recording: { ...config.recording, enabled: false } } : config,
  );

const autoDeletionPolicySchema = z
  .object({ withMeeting: z.enum(WITH_MEETING), withRecordings: z.enum(WITH_RECORDINGS) })
  .refine(({ withMeeting }) => withMeeting !== 'fail', {
    path: ['withMeeting'],
    error: 'FAIL policy is not allowed for withMeeting auto-deletion policy',
  })
  .refine(({ withRecordings }) => withRecordings !== 'fail', {
    path: ['withRecordings'],
    error: 'FAIL policy is not allowed for withRecordings auto-deletion policy',
  });

/** @param now epoch milliseconds @param minLeadMs how far ahead an automatic deletion must lie */
export function createRoomBody(now: () => number, minLeadMs: number) {
  return z.object({
    roomName: z
      .string()
      .max(50, 'roomName cannot exceed 50 characters')
      .transform((name) => name.trim().replace(/\s+/g, ' ') || 'Room')
      .default('Room'),
    autoDeletionDate: z
      .number()
      .positive('autoDeletionDate must be a positive integer')
      .refine((date) => date >= now() + minLeadMs, `autoDeletionDate must be at least ${inWords(minLeadMs)} in the future`)
      .exactOptional(),
    autoDeletionPolicy: autoDeletionPolicySchema.default({ withMeeting: 'when_meeting_ends', withRecordings: 'close' }),
    config: roomConfigSchema.default(defaultConfig),
  });
}

export const deleteRoomQuery = z.object({
  withMeeting: z.enum(WITH_MEETING).default('fail'),
  withRecordings: z.enum(WITH_RECORDINGS).default('fail'),
});

export const deleteRoomsQuery = deleteRoomQuery.extend({ roomIds: roomIdsSchema });

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
