/**
 * Clients in a process of their own: `busy-clients.ts URL API_KEY COUNT`. Each keeps one connection busy with one request after the
 * other, until SIGTERM; then it prints how many were answered, and how many were not or with a 5xx.
 */
import { Agent, request } from 'node:http';

const [url = '', apiKey = '', count = ''] = process.argv.slice(2);
const PATHS = ['/api/v1/rooms?maxItems=20', '/api/v1/recordings?maxItems=20', '/api/v1/rooms/nothing'];
const agent = new Agent({ keepAlive: true });
let isOver = false;
let answered = 0;
let failed = 0;

process.on('SIGTERM', () => (isOver = true));

function ask(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(new URL(path, url), { agent, headers: { 'X-API-KEY': apiKey } }, (answer) => {
      answer.resume().on('end', () => resolve((answer.statusCode ?? 500) < 500));
    });
    asked.on('error', () => resolve(false)).end();
  });
}

async function client(index: number): Promise<void> {
  for (let turn = index; !isOver; turn += 1) {
    if (await ask(PATHS[turn % PATHS.length] ?? '/')) answered += 1;
    else failed += 1;
  }
}

process.stdout.write('busy\n');
await Promise.all(Array.from({ length: Number(count) }, (_, index) => client(index)));
process.stdout.write(`${JSON.stringify({ answered, failed })}\n`);
process.exit(0);
