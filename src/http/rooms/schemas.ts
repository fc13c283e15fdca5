import { z } from 'zod';

import type { RoomConfig } from '../../machines/room/room.js';

export const WITH_MEETING = ['force', 'when_meeting_ends', 'fail'] as const;
export const WITH_RECORDINGS = ['force', 'close', 'fail'] as const;

const switchSchema = z.object({ enabled: z.boolean() });

export const DEFAULT_ROOM_CONFIG: RoomConfig = {
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

export const autoDeletionPolicySchema = z
  .object({ withMeeting: z.enum(WITH_MEETING), withRecordings: z.enum(WITH_RECORDINGS) })
  .refine(({ withMeeting }) => withMeeting !== 'fail', {
    path: ['withMeeting'],
    error: 'FAIL policy is not allowed for withMeeting auto-deletion policy',
  })
  .refine(({ withRecordings }) => withRecordings !== 'fail', {
    path: ['withRecordings'],
    error: 'FAIL policy is not allowed for withRecordings auto-deletion policy',
  });

/** Two policies for a deletion: one for a running meeting, one for recordings. */
export const deletionPolicyQuery = z.object({
  withMeeting: z.enum(WITH_MEETING).default('fail'),
  withRecordings: z.enum(WITH_RECORDINGS).default('fail'),
});
