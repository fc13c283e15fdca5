import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  level: Level | 'silent';
  name: string;
  /** Where lines go; standard error unless told. Tests collect them. */
  destination?: DestinationStream;
}

/** Members whose value is a secret wherever they stand in a logged object; compared without case, `-` and `_`. */
const SECRET_NAMES =
  'authorization|cookie|x[-_]?api[-_]?key|x[-_]?refresh[-_]?token|x[-_]?room[-_]?member[-_]?token|api[-_]?keys?|api[-_]?secret|' +
  'access[-_]?key|secret[-_]?access[-_]?key|account[-_]?key|customer[-_]?key|sse[-_]?customer[-_]?key|secrets?|access[-_]?secrets|recording[-_]?secret|key|private[-_]?key|' +
  'moderator[-_]?url|speaker[-_]?url|token|access[-_]?token|refresh[-_]?token|room[-_]?member[-_]?token|password|passphrase|' +
  'turn[-_]?password|turn[-_]?credential|lock[-_]?value|idempotency[-_]?key|start[-_]?key';

const VALUE = String.raw`"(?:[^"\\]|\\.)*"|\{[^{}]*\}|\[[^\[\]]*\]|[^,}\]\s]+`;
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
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
