import { z } from 'zod';

import { ok } from '../route/answers.js';
import { del } from '../route/route.js';
import type { RecordingsDeps } from './deps.js';
import { recordingParams } from './ids.js';

export const deleteRecording = ({ recordings }: RecordingsDeps) =>
  del('recordings.delete', '/api/v1/recordings/:recordingId')
    .allows('apiKey')
    .reads({ params: recordingParams })
    .doing(({ params }) => `deleting recording '${params.recordingId}'`)
    .fails('recording.not_found', 'recording.not_stopped')
    .answers({ 200: z.strictObject({ message: z.string() }) }, async ({ params: { recordingId } }) => {
      await recordings.delete(recordingId);
      return ok({ message: `Recording '${recordingId}' deleted successfully` });
    });
