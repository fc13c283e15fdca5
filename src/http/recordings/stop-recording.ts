import { parseRecordingId } from '../../machines/recording/recording-id.js';
import { accepted } from '../route/answers.js';
import { post } from '../route/route.js';
import type { RecordingsDeps } from './deps.js';
import { recordingParams } from './ids.js';
import { locationOf, presentStopped, recordingView } from './recording.presenter.js';

export const stopRecording = ({ recordings }: RecordingsDeps) =>
  post('recordings.stop', '/api/v1/recordings/:recordingId/stop')
    .allows('apiKey')
    .reads({ params: recordingParams })
    .doing(({ params }) => `stopping recording '${params.recordingId}'`)
    .needs('room', ['room.not_found', 'recording.disabled'], ({ params: { recordingId } }) =>
      recordings.recordableRoom(parseRecordingId(recordingId)?.roomId ?? ''),
    )
    .fails('recording.not_found', 'recording.already_stopped', 'recording.still_starting')
    .answers({ 202: recordingView }, async ({ params: { recordingId } }, { state }) => {
      const body = presentStopped(await recordings.stop(recordingId));
      state.recordingId = body.recordingId;
      return accepted(body, locationOf(body, state.baseUrl));
    });
