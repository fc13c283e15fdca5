import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';

import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';

import type { RunningServer } from './running-server.js';

/** How long the file may take to be delivered after the stop, milliseconds. */
const DELIVERY_MS = 60_000;

interface RecordingAnswer {
  recordingId: string;
  status: string;
  filename: string;
  error?: string;
}

/**
 * Record a room of one simulated person through the public API.
 *
 * @param seconds from the moment it records until the stop
 * @returns the fetched file and how long it plays
 */
export async function recordDemo(
  server: RunningServer,
  seconds: number,
  folder: string,
): Promise<{ file: string; durationSeconds: number }> {
  const call = async <Answer>(method: string, route: string, body?: object): Promise<Answer> => {
    const answer = await fetch(`${server.url}/api/v1${route}`, {
      method,
      headers: { 'X-API-KEY': server.apiKey, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${route}: ${String(answer.status)} ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };

  progress('opening a room');
  const { roomId } = await call<{ roomId: string }>('POST', '/rooms', { roomName: 'Demo recording' });
  const people = `${server.simulatorUrl ?? ''}/simulator/rooms/${roomId}/participants`;
  await simulate('POST', people, { identity: 'grace', name: 'Grace' });
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
  await download(server, recordingId, file);
  await simulate('DELETE', `${people}/grace`);
  progress('');
  return { file, durationSeconds: await durationOf(file) };
}

async function simulate(method: string, url: string, body?: object): Promise<void> {
  const answer = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`simulator: ${String(answer.status)} ${await answer.text()}`);
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

async function download(server: RunningServer, recordingId: string, file: string): Promise<void> {
  const answer = await fetch(`${server.url}/api/v1/recordings/${recordingId}/media`, { headers: { 'X-API-KEY': server.apiKey } });
  if (!answer.ok || answer.body === null) throw new Error(`media: ${String(answer.status)}`);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
}

async function durationOf(file: string): Promise<number> {
  if ((await stat(file)).size === 0) return 0;
  const input = new Input({ source: new FilePathSource(file), formats: ALL_FORMATS });
  return input.computeDuration();
}

/** One line on a terminal, written over by the next. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${text}`);
}
