import { ok } from '../route/answers.js';
import { itemQuery, pickFields } from '../route/fields.js';
import { get } from '../route/route.js';
import type { RecordingsDeps } from './deps.js';
import { recordingParams } from './ids.js';
import { presentRecording, recordingView } from './recording.presenter.js';

export const getRecording = ({ recordings }: RecordingsDeps) =>
  get('recordings.get', '/api/v1/recordings/:recordingId')
    .reads({ params: recordingParams, query: itemQuery })
    .allows('apiKey')
    .doing(({ params }) => `getting recording '${params.recordingId}'`)
    .needs('recording', ['recording.not_found'], ({ params }) => recordings.get(params.recordingId))
    .answers({ 200: recordingView.partial() }, async ({ recording, query }) =>
      ok(pickFields(presentRecording(recording), query.fields)),
    );
