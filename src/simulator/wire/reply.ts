import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimulatorClock } from '../clock.js';
import { TwirpError, type TwirpCode } from './twirp-error.js';

/** A fault of an API call. */
export interface ReplyFault {
  /** Delay before the method runs. */
  delayMs?: number | ((method: string) => number);
  /** Answers in place of the method, which does not run. */
  instead?: (reply: Reply, method: string) => void;
  /** Answer with this JSON, in the client's encoding; the method does not run. */
  json?: string;
  /** Changes the body of the method's answer. */
  rewrite?: (body: string) => string;
  /** Changes the error that the method throws. */
  rethrow?: (error: TwirpError) => TwirpError;
}

/** The answer to one HTTP request. */
export interface Reply {
  send(status: number, body: string | Uint8Array, contentType?: string): void;
  /** Send headers and the first bytes, then nothing more. */
  stall(): void;
  /** Send no answer at all. */
  hang(): void;
  /** Cut the connection with a TCP reset. */
  reset(): void;
  /** Whether the client still waits for the answer. */
  readonly open: boolean;
}

/** Without a charset: with one, LiveKit's SDK does not read the error's code. */
export const JSON_TYPE = 'application/json';
export const TEXT_TYPE = 'text/plain; charset=utf-8';

export function createReply(request: IncomingMessage, response: ServerResponse): Reply {
  return {
    send: (status, body, contentType = JSON_TYPE) => {
      if (response.destroyed || response.headersSent) return;
      response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
      response.end(body);
    },
    stall: () => {
      response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Content-Length': 1000 });
      response.write('{"egress_id":"');
    },
    hang: () => undefined,
    reset: () => request.socket.resetAndDestroy(),
    get open() {
      return !response.destroyed;
    },
  };
}

/** Call a method and answer, with the given fault. */
export async function answer(reply: Reply, clock: SimulatorClock, fault: ReplyFault, method: BoundMethod): Promise<void> {
  const delayMs = typeof fault.delayMs === 'function' ? fault.delayMs(method.name) : fault.delayMs;
  if (delayMs !== undefined) await clock.delay(delayMs);
  if (fault.instead) {
    fault.instead(reply, method.name);
    return;
  }
  if (fault.json !== undefined) {
    method.send(fault.json);
    return;
  }
  try {
    const body = await method.call();
    method.send(fault.rewrite ? fault.rewrite(body) : body);
  } catch (error) {
    throw error instanceof TwirpError && fault.rethrow ? fault.rethrow(error) : error;
  }
}

/** A method with its request. */
export interface BoundMethod {
  name: string;
  /** @returns the JSON of the answer */
  call(): Promise<string>;
  send(json: string): void;
}

export function twirpFault(code: TwirpCode, message: string, status?: number): ReplyFault {
  const error = new TwirpError(code, message);
  return { instead: (reply) => reply.send(status ?? error.httpStatus, error.toJson()) };
}

/** The method did its work, but its answer is lost: the connection is reset. */
export class AnswerLostError extends Error {}
