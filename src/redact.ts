import { stdSerializers } from 'pino';

const REDACTED = '[Redacted]';
/** Longer texts are cut, so that no client decides how long a line is. UTF-16 code units. */
const TEXT_MAX = 2_048;
const STACK_MAX = 8_192;
/** A text is cleaned up to this multiple of its limit, so that the cut leaves no beginning of a secret whose end would identify it. */
const CLEANED_BEYOND = 4;
/** Further items of a list, and objects further down, are left out. */
const ITEMS_MAX = 100;
const DEPTH_MAX = 10;

/** Names of members that are secret, compared in lower case without `-` and `_`. */
const SECRET_NAME =
  /secret|passw|passphrase|token|credential|authorization|cookie|(api|access|secret|private|account|customer|idempotency)key/;
/** `key` is a TLS key; `args` are those of a Redis command, `AUTH` with its password included. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['key', 'args', 'lockvalue', 'moderatorurl', 'speakerurl']);
/** Names that `SECRET_NAME` matches and that hold no secret. */
const HARMLESS_NAMES: ReadonlySet<string> = new Set(['nextpagetoken', 'tokentype', 'tokenissuer']);

/**
 * Secrets in a text: credentials in a URL, `name=value` and `"name":"value"` with a secret name, bearer and JSON Web Tokens, API keys, and
 * LiveKit's sentence about a secret. Each takes time in proportion to the text: no repeated part can begin inside another match.
 */
export const SECRETS_IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/(:\/\/)[^@\s/"\\]+@/g, `$1${REDACTED}@`],
  [
    /((?:secret|passw(?:or)?d|passphrase|token|credential|signature|authorization|(?:api|access|private)[-_]?key)s?(?:=|\\?"\s?:\s?\\?"))[^\s&;,"'\\]+/gi,
    `$1${REDACTED}`,
  ],
  [/(Bearer )[^\s"\\]+/gi, `$1${REDACTED}`],
  [/(?<![\w-])eyJ[\w-]+(?:\.[\w-]+){1,2}/g, REDACTED],
  [/\bovmeet-\w+/g, REDACTED],
  [/(Secret ')[^'"]*(')/g, `$1${REDACTED}$2`],
];

/** The text, cut to its limit and without secrets. */
export function redactText(text: string, max = TEXT_MAX): string {
  let clean = text.slice(0, CLEANED_BEYOND * max);
  for (const [pattern, replacement] of SECRETS_IN_TEXT) clean = clean.replace(pattern, replacement);
  return text.length > max ? `${clean.slice(0, max)}… (${String(text.length)} characters)` : clean;
}

export function isSecretName(name: string): boolean {
  const bare = name.toLowerCase().replace(/[-_]/g, '');
  return (SECRET_NAME.test(bare) && !HARMLESS_NAMES.has(bare)) || SECRET_NAMES.has(bare);
}

/**
 * A plain copy of a logged value: members with secret names are replaced, texts cleaned, errors become objects, cycles and great depths are
 * left out. A value that throws when it is read becomes a note: logging must not fail.
 */
export function redact(value: unknown): unknown {
  try {
    return copy(value, []);
  } catch {
    return '[unreadable]';
  }
}

function copy(value: unknown, path: readonly object[]): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${String(value.byteLength)} bytes]`;
  if (path.includes(value) || path.length === DEPTH_MAX) return '[…]';
  const way = [...path, value];
  if (Array.isArray(value)) return redactItems(value, way);
  if (value instanceof Error) return redactMembers(stdSerializers.err(value), way);
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy((value.toJSON as () => unknown).call(value), way);
  return redactMembers(value, way);
}

function redactItems(items: readonly unknown[], way: readonly object[]): unknown[] {
  const shown = items.slice(0, ITEMS_MAX).map((item) => copy(item, way));
  return items.length > ITEMS_MAX ? [...shown, `… ${String(items.length - ITEMS_MAX)} more`] : shown;
}

function redactMembers(members: object, way: readonly object[]): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    const isShown = value === undefined || value === null || typeof value === 'boolean' || !isSecretName(name);
    if (!isShown) clean[name] = REDACTED;
    else if (name === 'stack' && typeof value === 'string') clean[name] = redactText(value, STACK_MAX);
    else clean[name] = copy(value, way);
  }
  return clean;
}
