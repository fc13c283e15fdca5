import {
  EgressSourceType,
  EncodedFileType,
  type EgressInfo,
  type FileOutput,
  type StartEgressRequest,
  type StorageConfig,
  type TrackEgressRequest,
  type WebhookConfig,
} from '@livekit/protocol';
import type { RequestedStorage } from '../media/destinations.js';
import { withoutSecrets } from './redaction.js';

/** The request of any start call, tagged as in the echo of `EgressInfo.request`. */
export type StartRequest = Exclude<EgressInfo['request'], { case: 'replay' | undefined }>;

/** The parts of a start request that the simulator uses. */
export interface EgressJob {
  /** Empty for a web egress. */
  roomName: string;
  sourceType: EgressSourceType;
  file?: { filepath: string; extension: '.mp4' | '.ogg'; disableManifest: boolean; storage: RequestedStorage };
  streamUrls: string[];
  webhooks: readonly WebhookConfig[];
  /** The request for `EgressInfo`, with its secrets replaced. */
  request: EgressInfo['request'];
  /** The field of the request because of which a worker refuses it. */
  invalidField?: string;
}

/** A file output, in the same shape for all start calls. */
interface File {
  fileType?: EncodedFileType;
  filepath: string;
  disableManifest: boolean;
  output: RequestedStorage;
}

interface Outputs {
  files: File[];
  streamUrls: string[];
  /** Number of segment, image and websocket outputs. The simulator accepts them but writes nothing. */
  others: number;
}

interface Source {
  audioOnly: boolean;
  videoOnly: boolean;
  layout: string;
  customBaseUrl: string;
}

/** @see livekit/egress, `pkg/config/pipeline.go`: how a worker reads a request, and when it refuses it */
export function readJob(start: StartRequest): EgressJob {
  const { files, streamUrls, others } = outputsOf(start);
  const source = sourceOf(start);
  const [file] = files;
  const invalidField = findInvalidField(source, files.length, files.length + streamUrls.length + others);
  const extension =
    file?.fileType === EncodedFileType.OGG || (source.audioOnly && file?.fileType !== EncodedFileType.MP4) ? '.ogg' : '.mp4';
  return {
    roomName: 'roomName' in start.value ? start.value.roomName : '',
    sourceType: usesBrowser(start, source) ? EgressSourceType.WEB : EgressSourceType.SDK,
    ...(file && {
      file: { filepath: file.filepath, extension, disableManifest: file.disableManifest, storage: file.output },
    }),
    streamUrls,
    webhooks: start.value.webhooks,
    request: withoutSecrets(start),
    ...(invalidField !== undefined && { invalidField }),
  };
}

function findInvalidField(source: Source, files: number, outputs: number): string | undefined {
  if (outputs === 0) return 'output';
  if (files > 1) return 'multiple file outputs';
  if (source.audioOnly && source.videoOnly) return 'audio_only and video_only';
  if (source.customBaseUrl !== '' && !URL.canParse(source.customBaseUrl)) return 'template base url';
  return undefined;
}

function usesBrowser(start: StartRequest, { audioOnly, layout, customBaseUrl }: Source): boolean {
  if (start.case === 'web') return true;
  if (start.case === 'roomComposite' || start.case === 'egress') return !audioOnly || layout !== '' || customBaseUrl !== '';
  return false;
}

function sourceOf(start: StartRequest): Source {
  const none = { audioOnly: false, videoOnly: false, layout: '', customBaseUrl: '' };
  if (start.case === 'roomComposite') return start.value;
  if (start.case === 'egress' && start.value.source.case === 'template') return start.value.source.value;
  if (start.case === 'web') return { ...none, audioOnly: start.value.audioOnly, videoOnly: start.value.videoOnly };
  return none;
}

function outputsOf(start: StartRequest): Outputs {
  if (start.case === 'egress') return outputsOfNewApi(start.value);
  if (start.case === 'track') return outputsOfTrack(start.value);
  const request = start.value;
  const legacy = 'output' in request ? request.output : undefined;
  const files = request.fileOutputs.length > 0 ? request.fileOutputs : legacy?.case === 'file' ? [legacy.value] : [];
  const streams = request.streamOutputs.length > 0 ? request.streamOutputs : legacy?.case === 'stream' ? [legacy.value] : [];
  const segments = request.segmentOutputs.length + (legacy?.case === 'segments' ? 1 : 0);
  return { files, streamUrls: streams.flatMap((stream) => stream.urls), others: segments + request.imageOutputs.length };
}

function outputsOfNewApi(request: StartEgressRequest): Outputs {
  const configs = request.outputs.map((output) => output.config);
  return {
    files: request.outputs.flatMap(({ config, storage = request.storage }) =>
      config.case === 'file' ? [fileOf(config.value, storage)] : [],
    ),
    streamUrls: configs.flatMap((config) => (config.case === 'stream' ? config.value.urls : [])),
    others: configs.filter((config) => config.case === 'segments' || config.case === 'images').length,
  };
}

function fileOf({ fileType, filepath, disableManifest }: FileOutput, storage: StorageConfig | undefined): File {
  return { fileType, filepath, disableManifest, output: storage?.provider ?? { case: undefined } };
}

function outputsOfTrack({ output }: TrackEgressRequest): Outputs {
  return { files: output.case === 'file' ? [output.value] : [], streamUrls: [], others: output.case === 'websocketUrl' ? 1 : 0 };
}
