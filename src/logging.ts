import { writeSync } from 'node:fs';

import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger } from 'pino';

export type { Logger } from 'pino';

type Write = (fields: object, sentence: string) => void;

/** The methods of a pino logger that most of the program uses. */
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

export interface LoggerOptions {
  level: Level | 'silent';
  name: string;
  /** Where lines go. Default: standard error. */
  destination?: DestinationStream;
}

/** Members whose value is a secret wherever they stand in a logged object; compared without case, `-` and `_`. */
const SECRET_NAMES =
  'authorization|cookie|x[-_]?api[-_]?key|x[-_]?refresh[-_]?token|x[-_]?room[-_]?member[-_]?token|api[-_]?keys?|api[-_]?secret|' +
  'access[-_]?key|secret[-_]?access[-_]?key|account[-_]?key|customer[-_]?key|sse[-_]?customer[-_]?key|secrets?|access[-_]?secrets|recording[-_]?secret|key|private[-_]?key|' +
  'moderator[-_]?url|speaker[-_]?url|token|access[-_]?token|refresh[-_]?token|room[-_]?member[-_]?token|password|passphrase|' +
  'turn[-_]?password|turn[-_]?credential|lock[-_]?value|idempotency[-_]?key|start[-_]?key|' +
  'args'; // of the command that a Redis client's error carries: `AUTH` and the password

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const LIST = String.raw`[{[](?:${STRING}|[^"{}[\]])*[}\]]`;
/** A string, an object or an array with others in it at most, or a bare word. */
const VALUE = String.raw`${STRING}|[{[](?:${STRING}|[^"{}[\]]|${LIST})*[}\]]|[^,}\]\s]+`;
const SECRET_MEMBER = new RegExp(String.raw`("(?:${SECRET_NAMES})"\s*:\s*)(?:${VALUE})`, 'gi');
/** The same inside a JSON text that was logged as a string. */
const QUOTED_SECRET_MEMBER = new RegExp(String.raw`(\\"(?:${SECRET_NAMES})\\"\s*:\s*)\\"(?:(?!\\").)*\\"`, 'gi');
const SECRET_IN_TEXT: readonly [RegExp, string][] = [
  [/(:\/\/)[^@\s/"\\]+@/g, '$1[Redacted]@'],
  [/([?&](?:secret|recordingSecret|accessToken|roomMemberToken|refreshToken)=)[^&\s"\\]+/gi, '$1[Redacted]'],
  [/([?&]X-Amz-(?:Credential|Signature|Security-Token)=)[^&\s"\\]+/gi, '$1[Redacted]'],
  [/(Bearer )[^\s"\\]+/g, '$1[Redacted]'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '[Redacted]'],
  [/\bovmeet-\w+/g, '[Redacted]'],
  [/(Secret ')[^'"]*(')/g, '$1[Redacted]$2'],
];

/**
 * Take the secrets out of one finished log line. The line and not the object is cleaned, so that messages, stacks and
 * causes, which carry connection strings and links, are covered at any depth.
 */
export function redactLine(line: string): string {
  let clean = line.replace(SECRET_MEMBER, '$1"[Redacted]"').replace(QUOTED_SECRET_MEMBER, String.raw`$1\"[Redacted]\"`);
  for (const [pattern, replacement] of SECRET_IN_TEXT) clean = clean.replace(pattern, replacement);
  return clean;
}

/** The root logger: JSON lines without secrets. Parts of the program get children: `log.child({ name: 'http' })`. */
export function createLogger({ level, name, destination }: LoggerOptions): Logger {
  return pino(
    { level, name, base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime, hooks: { streamWrite: redactLine } },
    destination ?? toFile(STDERR),
  );
}

const STDERR = 2;
/** How long to wait until a reader that is too slow is offered the rest, milliseconds. */
const BUSY_MS = 10;

/**
 * Lines to a file, each written when `write` returns. A line that the file does not take, as on a full disk, is lost, and Tally
 * goes on; pino's own stream would end the process, or try for ever to write a fatal line.
 */
export function toFile(fd: number): DestinationStream {
  let isTorn = false;
  return {
    write(line) {
      const bytes = Buffer.from(isTorn ? `\n${line}` : line);
      const written = writeMost(fd, bytes);
      if (written > 0) isTorn = written < bytes.length;
    },
  };
}

/** @returns how many bytes the file took */
function writeMost(fd: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') break;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
    }
  }
  return written;
}
