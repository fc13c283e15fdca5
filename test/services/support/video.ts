import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { runSettings } from '../../servers/index.js';

const run = promisify(execFile);
const maxBuffer = 256 * 1024 * 1024;

const probeSchema = z.object({
  format: z.object({ duration: z.coerce.number() }),
  streams: z.array(z.looseObject({ codec_type: z.string() })),
});

export interface VideoFacts {
  readonly durationSeconds: number;
  readonly kinds: readonly string[];
  /** Mean brightness, 0 to 255, of each sampled frame. */
  readonly brightness: readonly number[];
  /** Mean change of a pixel from each sampled frame to the next. */
  readonly motion: readonly number[];
  /** Root mean square of each whole second of sound, 0 to 32768. */
  readonly loudness: readonly number[];
}

/** Decodes the whole file and measures picture and sound. @throws Error the file is broken */
export async function inspectVideo(file: string): Promise<VideoFacts> {
  const probed = await run('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file], { maxBuffer });
  const { format, streams } = probeSchema.parse(JSON.parse(probed.stdout));
  const frames = await framesOf(file);
  return {
    durationSeconds: format.duration,
    kinds: streams.map((stream) => stream.codec_type).sort(),
    brightness: frames.map(mean),
    motion: frames
      .slice(1)
      .map((frame, index) => mean(frame.map((value, pixel) => Math.abs(value - (frames[index]?.[pixel] ?? 0))))),
    loudness: await loudnessOf(file),
  };
}

/** Samples two small grey frames per second. */
async function framesOf(file: string): Promise<readonly Uint8Array[]> {
  const [width, height] = [64, 36];
  const bytes = await decode(file, ['-vf', `fps=2,scale=${width}:${height}`, '-pix_fmt', 'gray', '-f', 'rawvideo']);
  const size = width * height;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

async function loudnessOf(file: string): Promise<readonly number[]> {
  const rate = 8_000;
  const bytes = await decode(file, ['-ac', '1', '-ar', String(rate), '-f', 's16le']);
  const seconds = Math.floor(bytes.length / 2 / rate);
  return Array.from({ length: seconds }, (_, second) => {
    let sum = 0;
    for (let index = 0; index < rate; index++) sum += bytes.readInt16LE((second * rate + index) * 2) ** 2;
    return Math.sqrt(sum / rate);
  });
}

async function decode(file: string, output: readonly string[]): Promise<Buffer> {
  const { ffmpeg = 'ffmpeg' } = runSettings().programs;
  const args = ['-v', 'error', '-xerror', '-i', file, ...output, 'pipe:1'];
  return (await run(ffmpeg, args, { maxBuffer, encoding: 'buffer' })).stdout;
}

function mean(values: Uint8Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
