import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface LiveKitCall {
  /** The name of the Twirp method, such as `StopEgress`. */
  method: string;
  body: string;
}

/** A request or answer that the proxy holds back. */
export interface Hold {
  /** Resolves when the proxy holds the request or the answer. */
  reached: Promise<void>;
  release(): void;
}

/** Answers a call in place of LiveKit, or returns undefined to let the call pass. */
export type Impostor = (call: LiveKitCall) => { status: number; body: object } | undefined;

/** A proxy between Tally and LiveKit. It collects every call, and can hold back, cut or replace answers. */
export interface LiveKitProxy {
  url: string;
  calls: LiveKitCall[];
  /** Holds back the next matching request or answer. @param part text in the body of the call, such as a room id */
  hold(where: 'request' | 'answer', method: string, part: string): Hold;
  /** Passes the next matching call to LiveKit, and cuts the connection instead of returning the answer. */
  cutAnswer(method: string, part: string): void;
  /** Lets the impostor answer calls from now on; undefined ends this. */
  impersonate(impostor: Impostor | undefined): void;
  close(): Promise<void>;
}

interface Held {
  where: 'request' | 'answer';
  method: string;
  part: string;
  markReached(): void;
  released: Promise<void>;
}

export async function startLiveKitProxy(target: string): Promise<LiveKitProxy> {
  const calls: LiveKitCall[] = [];
  const holds = new Set<Held>();
  const cuts = new Set<{ method: string; part: string }>();
  let impostor: Impostor | undefined;

  async function pass(where: Held['where'], { method, body }: LiveKitCall): Promise<void> {
    const held = [...holds].find((each) => each.where === where && each.method === method && body.includes(each.part));
    if (held === undefined) return;
    holds.delete(held);
    held.markReached();
    await held.released;
  }

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const call = { method: incoming.url?.split('/').at(-1) ?? '', body: body.toString() };
    calls.push(call);
    const lie = impostor?.(call);
    if (lie !== undefined) {
      response.writeHead(lie.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(lie.body));
      return;
    }
    await pass('request', call);
    const { host: _, ...headers } = incoming.headers;
    const outgoing = request(`${target}${incoming.url ?? ''}`, { method: incoming.method ?? 'POST', headers });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answerBody = await buffer(answer);
    await pass('answer', call);
    const cut = [...cuts].find((each) => each.method === call.method && call.body.includes(each.part));
    if (cut !== undefined) {
      cuts.delete(cut);
      incoming.socket.destroy();
      return;
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers).end(answerBody);
  }

  const server = createServer((incoming, response) => {
    forward(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    hold(where, method, part) {
      let markReached: () => void = () => undefined;
      let release: () => void = () => undefined;
      const reached = new Promise<void>((resolve) => (markReached = resolve));
      const released = new Promise<void>((resolve) => (release = resolve));
      holds.add({ where, method, part, markReached, released });
      return { reached, release };
    },
    cutAnswer(method, part) {
      cuts.add({ method, part });
    },
    impersonate(next) {
      impostor = next;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
