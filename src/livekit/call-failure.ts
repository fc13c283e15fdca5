import { ServerError } from 'livekit-server-sdk';

import { toError } from '../errors.js';

/** How a call to LiveKit failed. */
export type CallFailure =
  /** LiveKit or a proxy answered. `code` is the Twirp code; undefined for a proxy's answer and for LiveKit's plain-text 401. */
  | { kind: 'answered'; status: number; code: string | undefined; message: string }
  /** No connection was made, so nothing was sent. */
  | { kind: 'unreachable'; message: string }
  /** The request may have reached LiveKit: time-out, connection cut, or an unreadable answer. */
  | { kind: 'lost'; message: string };

/** Codes of errors that occur before the request is sent: DNS, connect, invalid URL, TLS. */
const NOTHING_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

const MAX_MESSAGE_LENGTH = 300;

/**
 * Classifies an error that the SDK threw. The error's class is checked before its `code`, which may be a string, a number (23 on
 * a time-out) or absent.
 */
export function callFailureOf(thrown: unknown): CallFailure {
  if (thrown instanceof ServerError) {
    const { status } = thrown;
    return { kind: 'answered', status, ...twirpErrorOf(thrown) };
  }
  const error = toError(thrown);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  const message = oneLine(cause === undefined ? error.message : `${error.message}: ${cause.message || codeOf(cause)}`);
  const nothingSent = [error, cause].some((each) => each !== undefined && isBeforeSending(each));
  return { kind: nothingSent ? 'unreachable' : 'lost', message };
}

/**
 * Code and message of an error answer. The SDK reads them only when the content type is exactly `application/json`; with a
 * charset, as some proxies add, it passes on the JSON text as the message.
 */
function twirpErrorOf(error: ServerError): { code: string | undefined; message: string } {
  if (typeof error.code === 'string') return { code: error.code, message: oneLine(error.message) };
  const body = parseObject(error.message);
  if (typeof body?.['code'] !== 'string') return { code: undefined, message: oneLine(error.message) || `HTTP ${error.status}` };
  return { code: body['code'], message: oneLine(typeof body['msg'] === 'string' ? body['msg'] : '') };
}

function isBeforeSending(error: Error): boolean {
  return NOTHING_SENT.has(codeOf(error)) || ('syscall' in error && error.syscall === 'connect');
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Shortens a text to one line, because a proxy's error page can be long. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line;
}
