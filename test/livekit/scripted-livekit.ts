import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the scripted server, exactly as it is sent. */
export type ScriptedAnswer =
  | { status: number; type?: string; body?: string }
  /** The server never sends headers. */
  | 'hang'
  /** The server sends headers and half a body, then nothing. */
  | 'hang-body'
  /** The server resets the connection without an answer. */
  | 'reset';

export interface ScriptedCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: unknown;
}

export interface ScriptedLiveKit {
  url: string;
  /** Every call so far, oldest first. */
  calls: ScriptedCall[];
  /** The answer to every call from now on. */
  answer: ScriptedAnswer;
  close(): Promise<void>;
}

/** Starts an HTTP server that answers every call with `answer`, whatever the call is. */
export async function startScriptedLiveKit(): Promise<ScriptedLiveKit> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      scripted.calls.push({ path: request.url ?? '', headers: request.headers, body });
      send(response, scripted.answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const scripted: ScriptedLiveKit = {
    url: `http://127.0.0.1:${port}`,
    calls: [],
    answer: { status: 200 },
    close: async () => closeServer(server),
  };
  return scripted;
}

/** A Twirp error as livekit-server sends it. */
export function twirpError(status: number, code: string, msg = code, type = 'application/json'): ScriptedAnswer {
  return { status, type, body: JSON.stringify({ code, msg }) };
}

export function json(value: unknown): ScriptedAnswer {
  return { status: 200, type: 'application/json', body: JSON.stringify(value) };
}

function send(response: ServerResponse, answer: ScriptedAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (answer === 'hang-body') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"egress_id":');
    return;
  }
  response.writeHead(answer.status, answer.type === undefined ? {} : { 'content-type': answer.type });
  response.end(answer.body ?? '');
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
