import { z } from 'zod';

/** Parsers from a variable's text to a value. Each complaint continues a sentence that begins with the variable's name. */

const MAX_TIMER_MS = 2 ** 31 - 1;

/** A whole number from `min` to `max`, both allowed. */
export function integer(min: number, max: number) {
  return parsed(`must be a whole number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
  });
}

/** Milliseconds that a timer of Node.js can wait: at most 24 days. */
export function milliseconds(min = 1, max = MAX_TIMER_MS) {
  return integer(min, max);
}

export function text() {
  return z.string().trim();
}

/** One of a few words, in any case. @param aliases further accepted words, in lower case, and their meaning */
export function oneOf<const Word extends string>(words: readonly Word[], aliases: Readonly<Record<string, Word>> = {}) {
  return parsed(`must be one of ${words.join(', ')}`, (given) => {
    const word = given.toLowerCase();
    return words.find((each) => each.toLowerCase() === word) ?? aliases[word];
  });
}

/** A URL of one of the protocols, without a trailing slash, a default port, a query or credentials. */
export function url(protocols: readonly string[], { path = true } = {}) {
  const shape = `must be a URL like ${protocols[0]}://host${path ? '' : ', without a path'}`;
  return parsed(shape, (given) => {
    const value = URL.canParse(given) ? new URL(given) : undefined;
    if (value === undefined || !protocols.includes(value.protocol.slice(0, -1)) || value.host === '') return undefined;
    if (value.search !== '' || value.hash !== '' || value.username !== '' || (!path && value.pathname !== '/')) return undefined;
    return `${value.protocol}//${value.host}${value.pathname.replace(/\/$/, '')}`;
  });
}

/** Text that is used unchanged. @param complaint such as `must be …` */
export function checked(complaint: string, isGood: (given: string) => boolean) {
  return parsed(complaint, (given) => (isGood(given) ? given : undefined));
}

export interface HostAndPort {
  host: string;
  port: number;
}

/** Comma-separated items such as `one:26379`, with optional spaces around them. An IPv6 host must be in brackets. */
export function hostsAndPorts() {
  return parsed('must be host:port items, comma-separated', (list) => {
    const items = list.split(',').flatMap((item) => hostAndPort(item.trim()) ?? []);
    return items.length === list.split(',').length ? items : undefined;
  });
}

function hostAndPort(item: string): HostAndPort | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(item) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Bytes in base64. */
export function base64(byteCount: number) {
  return parsed(`must be ${byteCount} bytes in base64`, (given) => {
    const bytes = Buffer.from(given, 'base64');
    return bytes.length === byteCount && bytes.toString('base64') === given ? given : undefined;
  });
}

/** A JSON object whose members are strings. */
export function jsonOfStrings() {
  return parsed('must be a JSON object of strings', (given) => z.record(z.string(), z.string()).safeParse(parseJson(given)).data);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @param parse returns undefined for a text that is no such value */
function parsed<Value>(complaint: string, parse: (text: string) => Value | undefined) {
  return text().transform((given, context): Value => {
    const value = parse(given);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: complaint });
    return z.NEVER;
  });
}

/** The documentation of a variable, for `.env.example` and `docs/configuration.md`. */
export interface VariableDoc {
  /** One sentence. */
  description: string;
  unit?: string;
  /** Describes a default that is computed. */
  defaultText?: string;
}

export const docs = z.registry<VariableDoc>();

/** The parsed values of some variables, keyed by name. */
export type Values<Variables extends z.ZodRawShape> = z.infer<z.ZodObject<Variables>>;
