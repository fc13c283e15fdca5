import { z } from 'zod';

import { presentRecording } from './recording.presenter.js';
import { answerRecording } from './answer-recording.js';
import { roomIdSchema } from './ids.js';
import type { RouteContext } from '../route/route-context.js';

const startHeaders = z.object({
  /** Blank counts as none. */
  'idempotency-key': z
    .string()
    .max(255, 'Idempotency-Key cannot exceed 255 characters')
    .transform((key) => key.trim() || undefined)
    .optional(),
  prefer: z
    .string()
    .default('')
    .transform((wishes) => /(^|,)\s*respond-async\s*($|[;,])/i.test(wishes)),
});

export function startRecording({ router, handle, deps: { recordings } }: RouteContext): void {
  router.post(
    '/recordings',
    handle(
      {
        name: 'recordings.start',
        accepts: ['apiKey'],
        headers: startHeaders,
        body: z.object({ roomId: roomIdSchema }),
        operation: ({ body }) => `starting recording in room '${body.roomId}'`,
      },
      async (ctx, { headers: { prefer: respondAsync, 'idempotency-key': idempotencyKey }, body: { roomId } }) => {
        const recording = await recordings.start({
          roomId,
          respondAsync,
          ...(idempotencyKey !== undefined && { idempotencyKey }),
        });
        answerRecording(ctx, respondAsync ? 202 : 201, presentRecording(recording));
      },
    ),
  );
}
