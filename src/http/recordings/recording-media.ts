import { content, NO_CONTENT } from '../route/answers.js';
import { get } from '../route/route.js';
import type { RecordingsDeps } from './deps.js';
import { recordingParams } from './ids.js';
import { answerMedia } from './media/answer-media.js';
import { mediaHeaders } from './media/range.js';

const video = content('video/mp4');

export const recordingMedia = ({ recordings, media, files }: RecordingsDeps) =>
  get('recordings.media', '/api/v1/recordings/:recordingId/media')
    .reads({ params: recordingParams, headers: mediaHeaders })
    .allows('apiKey')
    .doing(({ params }) => `streaming recording '${params.recordingId}'`)
    .needs('recording', ['recording.not_found', 'recording.not_stopped'], ({ params }) =>
      recordings.getPlayable(params.recordingId),
    )
    .fails('media.missing', 'media.has_changed', 'media.range_not_satisfiable')
    .answers({ 200: video, 206: video, 302: NO_CONTENT, 304: NO_CONTENT }, ({ recording, headers }, ctx) =>
      answerMedia(ctx, { media, files }, recording, headers),
    );
