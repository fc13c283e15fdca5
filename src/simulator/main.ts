import { randomBytes } from 'node:crypto';
import path from 'node:path';

import { readOptions } from '../config/command-line.js';
import { type MediaConfig, parseConfig, withEnvFile } from '../config/config.js';
import { InvalidInputError } from '../errors.js';
import { bucketOf, createSimulator, type MediaOptions } from './index.js';

const values = readOptions({
  usage: 'npm run simulator --',
  about: 'Simulates a LiveKit server: rooms, participants, egresses that write MP4 files, and signed webhooks.',
  options: {
    host: { type: 'string', default: '127.0.0.1', value: 'IP', about: 'address on which it listens' },
    port: { type: 'string', default: '7880', value: 'N', about: 'its port; 0 takes a free one' },
    webhook: { type: 'string', multiple: true, default: [], value: 'URL', about: 'receiver of its webhooks' },
    key: { type: 'string', default: 'devkey', about: 'API key' },
    secret: { type: 'string', about: 'API secret; without it, one is generated and printed' },
    'media-dir': {
      type: 'string',
      default: '.tally/media',
      value: 'DIR',
      about: 'folder of the files, unless MEET_S3_* selects a bucket',
    },
    'bytes-per-second': {
      type: 'string',
      default: '0',
      value: 'N',
      about: 'pads recordings to the size of real ones, some 250000',
    },
    speed: { type: 'string', default: '1', value: 'X', about: 'divides every delay of the simulator' },
  },
});

const apiSecret = values.secret ?? randomBytes(24).toString('base64url');
const simulator = await createSimulator({
  host: values.host,
  port: number('port', values.port, 0),
  apiKey: values.key,
  apiSecret,
  ...mediaOptions(withEnvFile(process.env, process.cwd()), values['media-dir']),
  webhookUrls: values.webhook,
  bytesPerSecond: number('bytes-per-second', values['bytes-per-second'], 0),
  speed: number('speed', values.speed, Number.MIN_VALUE),
}).catch((error: unknown) => fail(`The simulator cannot start: ${error instanceof Error ? error.message : String(error)}`));
// Handlers must exist before the first line of output: its reader may stop this process at once.
let closed: Promise<void> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // A Ctrl-C arrives twice: the terminal sends it to every process, and npm passes it on as well.
  process.on(signal, () => {
    closed ??= simulator.close().then(() => process.exit(0));
  });
}

process.stdout.write(`${simulator.url}\n`);
if (values.secret === undefined) process.stdout.write(`API key ${values.key}, secret ${apiSecret}\n`);

/** The variables of Tally's object store, with Tally's defaults, also select the simulator's. */
function mediaOptions(env: NodeJS.ProcessEnv, folder: string): MediaOptions {
  const picks = ([name]: [string, unknown]): boolean =>
    /^(MEET_S3_|MEET_AWS_REGION$|MEET_BLOB_STORAGE_MODE$|TALLY_MEDIA$|TALLY_S3_SSE_)/.test(name);
  const media = readMedia(Object.fromEntries(Object.entries(env).filter(picks)));
  return media.kind === 'embedded' ? { mediaDir: path.resolve(folder) } : { bucket: bucketOf(media) };
}

function readMedia(env: NodeJS.ProcessEnv): MediaConfig {
  try {
    return parseConfig(env).media;
  } catch (error) {
    if (error instanceof InvalidInputError) return fail(error.message);
    throw error;
  }
}

function number(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= least) return value;
  return fail(`--${option} must be a number, not "${text}"`);
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
