import { z } from 'zod';

import { accepted, created } from '../route/answers.js';
import { post } from '../route/route.js';
import { roomIdSchema } from '../rooms/ids.js';
import type { RecordingsDeps } from './deps.js';
import { locationOf, presentRecording, recordingView } from './recording.presenter.js';

const headers = z.object({
  /** A blank key counts as no key. */
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

export const startRecording = ({ recordings }: RecordingsDeps) =>
  post('recordings.start', '/api/v1/recordings')
    .allows('apiKey')
    .reads({ headers })
    .reads({ body: z.object({ roomId: roomIdSchema }) })
    .doing(({ body }) => `starting recording in room '${body.roomId}'`)
    .needs('room', ['room.not_found', 'recording.disabled'], ({ body }) => recordings.recordableRoom(body.roomId))
    .fails('room.not_found', 'recording.already_active', 'recording.no_participants')
    .fails('recording.start_timed_out', 'recording.start_failed', 'recording.start_rejected')
    .fails('idempotency.mismatch', 'idempotency.in_progress')
    .answers({ 201: recordingView, 202: recordingView }, async ({ principal, headers, body: asked, room }, { state }) => {
      const { prefer: respondAsync, 'idempotency-key': key } = headers;
      const idempotency = { credentialId: principal.credentialId, key: key ?? '', body: asked };
      const request = { room, respondAsync, ...(key !== undefined && { idempotency }) };
      const body = presentRecording(await recordings.start(request));
      state.recordingId = body.recordingId;
      // A start that does not record yet is answered only when Tally stops.
      return (respondAsync || body.status === 'starting' ? accepted : created)(body, locationOf(body, state.baseUrl));
    });
