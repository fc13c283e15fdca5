import type { IncomingMessage } from 'node:http';
import type { JsonValue } from '@bufbuild/protobuf';
import type { SimulatorClock } from '../clock.js';
import { encodingOf } from '../wire/encoding.js';
import type { EgressStore } from '../egress/egress-store.js';
import type { Method } from './methods.js';
import { answer, AnswerLostError, TEXT_TYPE, type Reply } from '../wire/reply.js';
import type { ScriptBook } from '../scripts/script-book.js';
import { InvalidTokenError, readGrants } from '../wire/token.js';
import { TwirpError } from '../wire/twirp-error.js';

interface Dependencies {
  methods: ReadonlyMap<string, Method>;
  clock: SimulatorClock;
  scripts: ScriptBook;
  store: EgressStore;
  apiKey: string;
  apiSecret: string;
}

const PREFIX = '/twirp/';

/** Answers requests below `/twirp/` like LiveKit's Twirp servers. */
export function createTwirpRoutes({ methods, clock, scripts, store, apiKey, apiSecret }: Dependencies) {
  /** The room of a call, because a script may hold for one room only. */
  const roomOf = (body: JsonValue): string => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return '';
    const named = body['roomName'] ?? body['room_name'] ?? body['room'] ?? body['name'];
    if (typeof named === 'string') return named;
    const egressId = body['egressId'] ?? body['egress_id'];
    return typeof egressId === 'string' ? (store.get(egressId)?.egress.info.roomName ?? '') : '';
  };

  const handle = async (request: IncomingMessage, path: string, rawBody: Buffer, reply: Reply): Promise<void> => {
    const grants = readGrants(request.headers.authorization, apiKey, apiSecret, clock.now());
    const method = methods.get(path.slice(PREFIX.length)) ?? badRoute(request, path, `no handler for path "${path}"`);
    if (request.method !== 'POST') badRoute(request, path, `unsupported method "${request.method}" (only POST is allowed)`);
    const contentType = request.headers['content-type'] ?? '';
    const encoding = encodingOf(contentType) ?? badRoute(request, path, `unexpected Content-Type: "${contentType}"`);
    const body = encoding.read(rawBody, method.request);
    const fault = scripts.take(roomOf(body), ['api'], method.name)?.api ?? {};
    await answer(reply, clock, fault, {
      name: method.name,
      call: () => method.call(body, grants),
      send: (json) => reply.send(200, encoding.write(json, method.response), encoding.contentType),
    });
  };

  return async (request: IncomingMessage, path: string, rawBody: Buffer, reply: Reply): Promise<void> => {
    try {
      await handle(request, path, rawBody, reply);
    } catch (error) {
      if (error instanceof InvalidTokenError) reply.send(401, error.message, TEXT_TYPE);
      else if (error instanceof AnswerLostError) reply.reset();
      else {
        const twirp =
          error instanceof TwirpError
            ? error
            : new TwirpError('internal', error instanceof Error ? error.message : String(error));
        reply.send(twirp.httpStatus, twirp.toJson());
      }
    }
  };
}

function badRoute(request: IncomingMessage, path: string, message: string): never {
  throw new TwirpError('bad_route', message, { twirp_invalid_route: `${request.method} ${path}` });
}
