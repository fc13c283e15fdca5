import { access, rename } from 'node:fs/promises';
import path from 'node:path';

import { expect, it, vi } from 'vitest';

import { createApp } from '../../src/app/app.js';
import { parseConfig } from '../../src/config/config.js';
import { createLogger, type Logger } from '../../src/logging.js';
import { createDataFolder } from '../support/stores/data-folder.js';
import { createTestClock } from '../support/test-clock.js';

it('createApp leaves no timer running and throws the cause when its last step fails', async () => {
  const folder = await createDataFolder();
  const config = parseConfig({ SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DRAIN_MS: '0', TALLY_DATA_DIR: folder.path });
  const clock = createTestClock();
  try {
    await expect(createApp(config, { log: logWithout('jobs'), clock })).rejects.toThrow('no log for jobs');
    expect(clock.pending()).toBe(0);
    const app = await createApp(config, { log: createLogger({ level: 'silent', name: 'tally' }), clock });
    expect(clock.pending()).toBeGreaterThan(0);
    await app.close();
    expect(clock.pending()).toBe(0);
  } finally {
    await folder.remove();
  }
});

it('createApp replaces the API key for a new TALLY_RESET_API_KEY, and not again at the next start', async () => {
  const folder = await createDataFolder();
  const keyOfStart = async (TALLY_RESET_API_KEY: string) => {
    const env = {
      SERVER_PORT: '0',
      TALLY_SIMULATOR_PORT: '0',
      TALLY_DRAIN_MS: '0',
      TALLY_DATA_DIR: folder.path,
      TALLY_RESET_API_KEY,
    };
    const app = await createApp(parseConfig(env), { log: createLogger({ level: 'silent', name: 'tally' }) });
    await app.close();
    return app.apiKey;
  };
  try {
    const first = await keyOfStart('');
    const second = await keyOfStart('the key was lost');
    expect(second).not.toBe(first);
    expect(await keyOfStart('the key was lost')).toBe(second);
  } finally {
    await folder.remove();
  }
});

it('createApp marks the media folder at the first start, and reports another folder at a later one', async () => {
  const folder = await createDataFolder();
  const media = path.join(folder.path, 'media');
  const env = { SERVER_PORT: '0', TALLY_SIMULATOR_PORT: '0', TALLY_DATA_DIR: folder.path };
  const lines: string[] = [];
  const log = createLogger({ level: 'warn', name: 'tally', destination: { write: (line) => lines.push(line) } });
  try {
    const first = await createApp(parseConfig(env), { log });
    await vi.waitFor(() => access(path.join(media, '.tally-media')));
    await first.close();
    expect(lines).toEqual([]);
    await rename(media, `${media}-away`);
    const second = await createApp(parseConfig(env), { log });
    await vi.waitFor(() => expect(lines.join('')).toMatch(/the media store cannot be used yet/));
    expect(lines.join('')).toMatch(/has no .tally-media, the recordings are in [0-9a-f-]{36}: mount the right one/);
    await second.close();
  } finally {
    await folder.remove();
  }
});

/** A logger that throws when this part asks for its child logger. The part `jobs` is the last to start timers. */
function logWithout(part: string): Logger {
  const log = createLogger({ level: 'silent', name: 'tally' });
  const child = log.child.bind(log);
  vi.spyOn(log, 'child').mockImplementation((bindings) => {
    if (bindings['part'] === part) throw new Error(`no log for ${part}`);
    return child(bindings);
  });
  return log;
}
