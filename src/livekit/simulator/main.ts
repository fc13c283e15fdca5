import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createSimulator } from './index.js';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '7880' },
    webhook: { type: 'string', multiple: true, default: [] },
    key: { type: 'string', default: 'devkey' },
    secret: { type: 'string' },
    'media-dir': { type: 'string', default: '.tally/media' },
    speed: { type: 'string', default: '1' },
  },
});

const apiSecret = values.secret ?? randomBytes(24).toString('base64url');
const simulator = await createSimulator({
  host: values.host,
  port: number('port', values.port, 0),
  apiKey: values.key,
  apiSecret,
  mediaDir: path.resolve(values['media-dir']),
  webhookUrls: values.webhook,
  speed: number('speed', values.speed, Number.MIN_VALUE),
}).catch((error: unknown) => fail(`the simulator cannot start: ${error instanceof Error ? error.message : String(error)}`));
process.stdout.write(`${simulator.url}\n`);
if (values.secret === undefined) process.stdout.write(`API key ${values.key}, secret ${apiSecret}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void simulator.close().then(() => process.exit(0));
  });
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
