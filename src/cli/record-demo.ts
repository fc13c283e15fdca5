import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';

import type { RunningServer } from './running-server.js';

/** Maximum time from the stop to the delivery of the file, milliseconds. */
const DELIVERY_MS = 60_000;

interface RecordingAnswer {
  recordingId: string;
  status: string;
  filename: string;
  error?: string;
}

/**
 * Record a room with one simulated participant through the public API.
 *
 * @param seconds duration of the recording, from the answer to the start until the stop
 * @returns the path of the downloaded file and its duration
 */
export async function recordDemo(
  server: RunningServer,
  seconds: number,
  folder: string,
): Promise<{ file: string; durationSeconds: number }> {
  const headers = { 'X-API-KEY': server.apiKey };
  const call = async <Answer>(method: string, route: string, body?: object): Promise<Answer> => {
    const answer = await ask(method, `${server.url}/api/v1${route}`, { headers, body });
    return (await answer.json()) as Answer;
  };

  progress('opening a room');
  const { roomId } = await call<{ roomId: string }>('POST', '/rooms', { roomName: 'Demo recording' });
  const people = `${server.simulatorUrl ?? ''}/simulator/rooms/${roomId}/participants`;
  await ask('POST', people, { body: { identity: 'grace', name: 'Grace' } });
  progress('starting');
  const { recordingId } = await call<RecordingAnswer>('POST', '/recordings', { roomId });
  for (let left = seconds; left > 0; left -= 1) {
    progress(`recording, ${String(Math.ceil(left))} s left`);
    await wait(Math.min(left, 1) * 1_000);
  }
  await call<RecordingAnswer>('POST', `/recordings/${recordingId}/stop`);
  progress('waiting for the file');
  const recording = await settled(() => call<RecordingAnswer>('GET', `/recordings/${recordingId}`));
  if (recording.status !== 'complete') throw new Error(`the recording is ${recording.status}: ${recording.error ?? ''}`);
  const file = path.join(folder, recording.filename);
  const media = await ask('GET', `${server.url}/api/v1/recordings/${recordingId}/media`, { headers });
  if (media.body !== null) await pipeline(Readable.fromWeb(media.body), createWriteStream(file));
  await ask('DELETE', `${people}/grace`);
  progress('');
  return { file, durationSeconds: await durationOf(file) };
}

/** @throws Error the HTTP status is not 2xx */
async function ask(
  method: string,
  url: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: object | undefined } = {},
): Promise<Response> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(url, { method, headers: { 'Content-Type': 'application/json', ...headers }, ...json });
  if (!answer.ok) throw new Error(`${method} ${url}: ${String(answer.status)} ${await answer.text()}`);
  return answer;
}

async function settled(look: () => Promise<RecordingAnswer>): Promise<RecordingAnswer> {
  const end = Date.now() + DELIVERY_MS;
  while (Date.now() < end) {
    const recording = await look();
    if (!['starting', 'active', 'ending'].includes(recording.status)) return recording;
    await wait(200);
  }
  throw new Error('the file was not delivered in time');
}

async function durationOf(file: string): Promise<number> {
  if ((await stat(file)).size === 0) return 0;
  const input = new Input({ source: new FilePathSource(file), formats: ALL_FORMATS });
  return input.computeDuration();
}

/** Shows the progress in one line of the terminal; each call overwrites the line. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}
