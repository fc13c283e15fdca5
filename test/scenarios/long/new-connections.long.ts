import { createHash, createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { BUILD_TIMEOUT_MS, buildOnce } from '../../support/apps/build-once.js';
import { API_KEY } from '../../support/apps/tally-api.js';
import { startTallyProcess, type TallyProcess } from '../../support/apps/tally-process.js';

const CLIENTS = path.resolve(import.meta.dirname, '../../support/apps/busy-clients.ts');
const BUSY = 300;
const SECONDS = 60;
const PER_SECOND = 50;
/** Limits of the time that a request on a new connection takes, milliseconds. */
const P95_MS = 1_000;
const MOST_MS = 3_000;

let tally: TallyProcess;

beforeAll(async () => {
  await buildOnce();
  tally = await startTallyProcess({ speed: 20 });
}, BUILD_TIMEOUT_MS);
afterAll(() => tally.stop());

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A webhook about a room that Tally does not know, signed as LiveKit signs. */
function webhook(index: number): RequestInit {
  const body = JSON.stringify({ event: 'room_started', id: `EV_${index}`, room: { sid: 'RM_x', name: `unknown-${index}` } });
  const now = Math.floor(Date.now() / 1_000);
  const sha256 = createHash('sha256').update(body).digest('base64');
  const claims = { iss: tally.env['LIVEKIT_API_KEY'], iat: now, nbf: now, exp: now + 300, sha256 };
  const signed = `${base64url({ alg: 'HS256' })}.${base64url(claims)}`;
  const signature = createHmac('sha256', tally.env['LIVEKIT_API_SECRET'] ?? '')
    .update(signed)
    .digest('base64url');
  const headers = { 'Content-Type': 'application/webhook+json', Authorization: `${signed}.${signature}`, Connection: 'close' };
  return { method: 'POST', headers, body };
}

async function timed(index: number): Promise<{ status: number; ms: number }> {
  const { url } = tally.api;
  const begunAt = performance.now();
  const answer =
    index % 2 === 0
      ? await fetch(`${url}/livez`, { headers: { Connection: 'close' } })
      : await fetch(`${url}/livekit/webhook`, webhook(index));
  await answer.text();
  return { status: answer.status, ms: performance.now() - begunAt };
}

it(
  'probes and webhooks on new connections are answered within 3 s, nearly all within 1 s, while 300 others are busy',
  async () => {
    const clients = spawn(process.execPath, ['--import', 'tsx', CLIENTS, tally.api.url, API_KEY, String(BUSY)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(clients.stdout, 'data');
    const asked: Promise<{ status: number; ms: number }>[] = [];
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        asked.push(timed(asked.length));
        if (asked.length < SECONDS * PER_SECOND) return;
        clearInterval(timer);
        resolve();
      }, 1_000 / PER_SECOND);
    });
    const answers = await Promise.all(asked);
    clients.kill('SIGTERM');
    const { answered, failed } = JSON.parse(await text(clients.stdout)) as { answered: number; failed: number };
    const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
    const [p95 = NaN, most = NaN] = [times[Math.floor(times.length * 0.95)], times.at(-1)];
    process.stdout.write(`p95 ${p95.toFixed(0)} ms, longest ${most.toFixed(0)} ms, ${answered} requests on busy connections\n`);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(failed).toBe(0);
    expect(p95).toBeLessThanOrEqual(P95_MS);
    expect(most).toBeLessThanOrEqual(MOST_MS);
  },
  (SECONDS + 60) * 1_000,
);
