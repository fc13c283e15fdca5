import type { Random } from './random.js';

/** One request over HTTP/1.1, ready to be sent. Head and body together have at most 64 kB. */
export interface HostileRequest {
  /** The start line and the headers that made it, shortened. */
  about: string;
  bytes: Buffer;
}

const MOST_BYTES = 64 * 1_024;
/** The longest text of a request; one place of each request may have it. */
const LONG = 60_000;
const PATHS = [
  '/api/v1/recordings',
  '/api/v1/recordings/{}',
  '/api/v1/recordings/{}/media',
  '/api/v1/recordings/{}/stop',
  '/api/v1/rooms',
  '/api/v1/rooms/{}',
  '/api/v1/rooms/{}/config',
  '/livekit/webhook',
  '/readyz',
  '/{}',
];
const METHODS = ['GET', 'POST', 'DELETE', 'HEAD', 'PUT', 'OPTIONS'];
const PARAMETERS = ['roomIds', 'recordingIds', 'fields', 'roomName', 'roomId', 'nextPageToken', 'maxItems', 'secret', 'a'];
const HEADERS = [
  'X-API-KEY',
  'Authorization',
  'Cookie',
  'Range',
  'If-None-Match',
  'If-Modified-Since',
  'Idempotency-Key',
  'Prefer',
];
const MORE_HEADERS = ['X-Forwarded-For', 'X-Forwarded-Host', 'Accept', 'X-Request-Id', 'Origin', 'User-Agent'];
/** Pieces that regular expressions, parsers and lists of one kind or another repeat. */
const PIECES = [
  'a',
  'a,',
  ',',
  'a&',
  '[',
  '[]',
  '[a]',
  '%25',
  '%F0%9F%98%80',
  '--',
  'EG_',
  'eyJ',
  'eyJ.',
  '.',
  '/',
  '//',
  '://',
  '@',
  ' ',
];
const MORE_PIECES = [
  'secret=',
  'token":"',
  'Bearer ',
  'password',
  "Secret '",
  '0-1,',
  'W/"a",',
  'ovmeet-',
  '=',
  '"',
  '\\',
  '\t',
  'ß',
  '0',
  '-',
];
const JSON_PIECES = ['[', '{"a":', '[1,', '"a",', '{"roomId":"', '\\u0000', '1e9', ' ', '"', 'null,', '{"config":'];
const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'application/webhook+json', 'text/plain'];

/** @param apiKey a good key, which half of the requests carry */
export function hostileRequest(random: Random, apiKey: string): HostileRequest {
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  const piece = () => pick([...PIECES, ...MORE_PIECES]);
  /** One piece, or two by turns, up to this size. */
  const run = (most: number, of = piece): string => {
    const unit = of() + (random.next() < 0.4 ? of() : '');
    return unit.repeat(Math.ceil((most * random.next()) / unit.length));
  };
  const long = pick(['path', 'query', 'header', 'body'] as const);
  const size = (place: typeof long) => (place === long ? LONG : 100);
  /** As a client may write it in a start line or a header. */
  const plain = (text: string) => Buffer.from(text.replace(/[\r\n]/g, '')).toString('latin1');

  const method = pick(METHODS);
  const path = pick(PATHS).replace('{}', () => encodeURI(run(size('path'))).replace(/[?#]/g, ''));
  const name = () => pick(PARAMETERS) + (random.next() < 0.2 ? run(200, () => pick(['[a]', '[]', '[0]', '['])) : '');
  const parameters = random.next() < 0.6 ? 1 + random.below(long === 'query' && random.next() < 0.3 ? 3_000 : 4) : 0;
  const value = run(parameters > 4 ? 20 : size('query')).replace(/[\s#]/g, '+');
  const query = Array.from({ length: parameters }, () => `${name()}=${value}`).join('&');
  const headers: [string, string][] = [['Host', 'tally']];
  if (random.next() < 0.5) headers.push(['X-API-KEY', apiKey]);
  for (let more = random.below(3); more > 0; more -= 1)
    headers.push([pick([...HEADERS, ...MORE_HEADERS]), plain(run(size('header'))).trim() || 'a']);
  const body = random.next() < 0.5 ? run(size('body'), () => pick(JSON_PIECES)) : '';
  if (body !== '') headers.push(['Content-Type', pick(TYPES)]);

  const start = `${method} ${plain(`${path}${query === '' ? '' : `?${query}`}`).replace(/\s/g, '+')} HTTP/1.1`;
  const lines = [start, ...headers.map(([header, text]) => `${header}: ${text}`)];
  const about = lines.map((line) => `${line.slice(0, 80)}${line.length > 80 ? `… (${String(line.length)})` : ''}`).join(' | ');
  const most = MOST_BYTES - lines.join('\r\n').length - 200;
  if (most < 0) return hostileRequest(random, apiKey);
  const content = Buffer.from(body).subarray(0, most);
  const head = Buffer.from(
    `${lines.join('\r\n')}\r\nContent-Length: ${String(content.length)}\r\nConnection: close\r\n\r\n`,
    'latin1',
  );
  return { about: `${about} | body ${body.slice(0, 30)} (${String(content.length)})`, bytes: Buffer.concat([head, content]) };
}
