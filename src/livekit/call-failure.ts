import { ServerError } from 'livekit-server-sdk';

import { toError } from '../errors.js';

/** How a call to LiveKit failed. */
export type CallFailure =
  /** An HTTP answer. `code` is the Twirp code; absent when a proxy answered, or LiveKit with its plain-text 401. */
  | { kind: 'answered'; status: number; code: string | undefined; message: string }
  /** No connection was made, so nothing was sent. */
  | { kind: 'unreachable'; message: string }
  /** The request may have arrived: time-out, connection cut, an answer that cannot be read. */
  | { kind: 'lost'; message: string };

/** Failures before anything is sent: DNS, connect, an unusable address, TLS. */
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
 * How a call failed, from what the SDK threw. The class of the thrown value decides before its `code`, which may be a string, a
 * number (23 on a time-out) or nothing.
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
 * Code and message of an error answer. The SDK reads them only when the content type is exactly `application/json`; with
 * a charset, as some proxies add, it hands over the JSON text as the message.
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

/** A proxy's page can be long; logs and answers need one line. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line;
}
