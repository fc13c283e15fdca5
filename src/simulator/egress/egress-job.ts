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
import type { AskedStorage } from '../media/destinations.js';
import { withoutSecrets } from './redaction.js';

/** The request of any start call, tagged as EgressInfo echoes it. */
export type StartRequest = Exclude<EgressInfo['request'], { case: 'replay' | undefined }>;

/** A start request, boiled down to what the recorder does. */
export interface EgressJob {
  /** Empty for a web egress. */
  roomName: string;
  sourceType: EgressSourceType;
  file?: { filepath: string; extension: '.mp4' | '.ogg'; disableManifest: boolean; storage: AskedStorage };
  streamUrls: string[];
  webhooks: readonly WebhookConfig[];
  /** The echo, its secrets replaced. */
  request: EgressInfo['request'];
  /** Which field of the request a worker refuses. */
  invalidField?: string;
}

/** Where a file goes, whichever call asked for it. */
interface File {
  fileType?: EncodedFileType;
  filepath: string;
  disableManifest: boolean;
  output: AskedStorage;
}

interface Outputs {
  files: File[];
  streamUrls: string[];
  /** Segments, images and websockets: accepted, but nothing is written for them. */
  others: number;
}

interface Source {
  audioOnly: boolean;
  videoOnly: boolean;
  layout: string;
  customBaseUrl: string;
}

/** @see livekit/egress, `pkg/config/pipeline.go`: what a worker reads from a request and what it refuses */
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
