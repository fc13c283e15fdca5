import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface LiveKitCall {
  /** Such as `StopEgress`. */
  method: string;
  body: string;
}

/** One call that is kept from going on. */
export interface Hold {
  /** Resolves when the call has come to where it is held. */
  reached: Promise<void>;
  release(): void;
}

/** Answers calls in LiveKit's place; undefined lets a call through. */
export type Impostor = (call: LiveKitCall) => { status: number; body: object } | undefined;

/** Between Tally and LiveKit: writes down every call, can hold one or its answer on its way, and can lie. */
export interface LiveKitProxy {
  url: string;
  calls: LiveKitCall[];
  /** @param part text in the body that tells the call, such as a room's id */
  hold(where: 'request' | 'answer', method: string, part: string): Hold;
  /** LiveKit takes the next such call, and the connection is cut in place of its answer. */
  cutAnswer(method: string, part: string): void;
  /** From now on these calls are answered in LiveKit's place; undefined ends it. */
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
