import { closeSync, openSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { asText, createLogger, toFile } from '../src/logging.js';

function collect(level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const log = createLogger({ level, name: 'tally', destination: { write: (line) => lines.push(line) } });
  return { log, lines };
}

describe('the logger', () => {
  it('writes text for a terminal: one line without secrets, and the stack of an error below it', () => {
    const lines: string[] = [];
    const log = createLogger({ level: 'info', name: 'tally', destination: asText({ write: (line) => void lines.push(line) }) });
    log.info({ recording: 'r', apiKey: 'hush' }, 'transition');
    log.warn({ err: new Error('no space left') }, 'not written');
    expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO.*transition.*"recording":"r".*\n$/);
    expect(lines.join('')).not.toContain('hush');
    expect(lines[1]).toMatch(/no space left[^]*\n +at /);
  });

  it('writes JSON lines with its name, and a child logger adds its own fields', () => {
    const { log, lines } = collect();
    log.info({ recordingId: 'r' }, 'transition');
    log.child({ name: 'http' }).warn('slow');
    log.debug('not at this level');
    expect(lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, name: 'tally', recordingId: 'r', msg: 'transition' });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ level: 40, name: 'http', msg: 'slow' });
  });

  it.each([
    { authorization: 'hush' },
    { headers: { 'x-api-key': 'hush', 'X-API-KEY': 'hush' } },
    { deep: { deeper: { deepest: { turnPassword: 'hush' } } } },
    { accessSecrets: { public: 'hush', private: 'hush' } },
    { apiKeys: ['hush', 'hush'] },
    { config: { secretAccessKey: 'hush', api_secret: 'hush', key: 'hush"hush' } },
    { body: JSON.stringify({ secret: 'hush', other: 1 }) },
    { url: 'https://meet.example.com/room/a?x=1&secret=hush' },
    { uri: 'mongodb://admin:hush@db:27017/?ssl=true' },
    { token: 12345 },
    { err: new Error('connect redis://:hush@host failed') },
    { err: Object.assign(new Error('x'), { config: { headers: { Authorization: 'Bearer hush' } } }) },
    { err: new Error('x', { cause: new Error("Secret 'hush' is not recognized for room 'a'") }) },
    { text: 'the key ovmeet-0123hush' },
    { err: new Error('GET https://s3/a.mp4?X-Amz-Credential=hush%2F2026&X-Amz-Signature=hush&x-amz-security-token=hush') },
    { sse: { type: 'SSE-C', customerKey: 'hush', SSECustomerKey: 'hush' } },
    { err: Object.assign(new Error('WRONGPASS'), { command: { name: 'hello', args: ['3', 'AUTH', 'default', 'hush'] } }) },
    { err: Object.assign(new Error('no node'), { lastNodeError: { command: { name: 'auth', args: ['[hush', 'hush]{"'] } } }) },
    { apiKeys: ['[', 'hush]}', '"hush'], secrets: { one: 'hush}', two: 'hush' } },
    { jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJkZXZrZXkifQ.hush' },
  ])('replaces the secret in %j (case %#)', (fields) => {
    const { log, lines } = collect();
    log.info({ ...fields, kept: 'kept' }, 'said');
    expect(lines[0]).not.toMatch(/hush|12345/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kept: 'kept', msg: 'said' });
  });

  it('replaces secrets in messages and in the fields of a child logger', () => {
    const { log, lines } = collect();
    log.info('redis://:hush@host is away');
    log.child({ apiKey: 'hush' }).error(new Error('https://x/?secret=hush'));
    expect(lines.join('')).not.toContain('hush');
    for (const line of lines) JSON.parse(line);
  });

  it('cuts texts, lists and depths that a client may have chosen', () => {
    const { log, lines } = collect();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) as unknown;
    log.info(
      { path: 'x'.repeat(64_000), list: Array.from({ length: 10_000 }, () => 'x'.repeat(10)), circle, deep },
      'y'.repeat(64_000),
    );
    expect(lines[0]?.length).toBeLessThan(8_000);
    expect(lines[0]).toContain('… (64000 characters)');
    expect(lines[0]).toContain('… 9900 more');
  });

  it('does not throw when its file cannot be written', () => {
    const fd = openSync(import.meta.filename, 'r');
    const log = createLogger({ level: 'info', name: 'tally', destination: toFile(fd) });
    for (let line = 0; line < 10; line += 1) expect(() => log.fatal('not written')).not.toThrow();
    closeSync(fd);
  });
});
