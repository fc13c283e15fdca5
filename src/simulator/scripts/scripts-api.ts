import { codeOfStatus, internalError, withoutPrefix, type TwirpCode, type TwirpError } from '../wire/twirp-error.js';
import { JSON_TYPE, TEXT_TYPE, twirpFault, type Reply, type ReplyFault } from '../wire/reply.js';
import type { Row } from './row.js';

/** Answers with a Twirp error. The `status` of the request may replace its HTTP status. */
const failing =
  (code: TwirpCode, message: string): Row =>
  ({ status, delayMs }) => {
    const asked = typeof status === 'number' ? status : undefined;
    return { api: { ...twirpFault(asked === undefined ? code : codeOfStatus(asked), message, asked), ...after(delayMs) } };
  };

/** Replaces the answer. */
const answering =
  (instead: NonNullable<ReplyFault['instead']>): Row =>
  ({ delayMs }) => ({ api: { instead, ...after(delayMs) } });

const rewriting =
  (rewrite: NonNullable<ReplyFault['rewrite']>): Row =>
  () => ({ api: { rewrite } });

const NO_RESPONSE = internalError('unavailable', 'no response from servers');
const NO_REDIS = internalError('internal', 'egress not connected (redis required)');
const HTML = '<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>';

/** Rows that change the answers of API calls. */
export const API_ROWS: Readonly<Record<string, Row>> = {
  'api-503': failing('unavailable', NO_RESPONSE.message),
  'api-500': failing('internal', internalError('internal', 'internal error').message),
  'api-429': failing('resource_exhausted', 'too many requests'),
  'api-401': ({ status }) =>
    status === 'twirp'
      ? { api: twirpFault('unauthenticated', 'permissions denied') }
      : { api: { instead: (reply) => reply.send(401, 'invalid API key', TEXT_TYPE) } },
  'api-503-html': answering((reply) => reply.send(503, HTML, 'text/html')),
  'api-json-charset': answering((reply) => reply.send(503, NO_RESPONSE.toJson(), `${JSON_TYPE}; charset=utf-8`)),
  // After these faults a client cannot know whether the call was executed. The simulator never executes it.
  'api-timeout': answering((reply) => reply.hang()),
  'api-hang-body': answering((reply) => reply.stall()),
  'api-reset': answering((reply) => reply.reset()),
  'api-200-garbage': answering((reply) => reply.send(200, '<html>it works</html>', 'text/html')),
  'api-200-empty-object': ({ delayMs }) => ({ api: { json: '{}', ...after(delayMs) } }),
  'api-unknown-enum': ({ status }) =>
    rewriting((body) =>
      body.replaceAll(/"status":"EGRESS_\w+"/g, `"status":${typeof status === 'number' ? status : '"EGRESS_PAUSED"'}`),
    )({} as never),
  'no-redis': ({ delay }) => ({
    hits: (method) => /Egress$|^Update(Layout|Stream)$/.test(method),
    api: {
      delayMs: (method) => (method.startsWith('Start') ? delay(22_000) : method === 'StopEgress' ? 3000 : 0),
      instead: (reply, method) => sendError(reply, method.startsWith('Start') ? NO_RESPONSE : NO_REDIS),
    },
  }),
  'old-server': () => ({
    startedLate: true,
    api: { rethrow: (error) => withoutPrefix(error.code === 'deadline_exceeded' ? NO_RESPONSE : error) },
  }),
  'api-refused': ({ delay }) => ({ outageMs: delay(5000) }),
  'slow-api': ({ delay }) => ({ api: { delayMs: delay(5000) } }),
};

function after(delayMs: number | undefined): { delayMs?: number } {
  return delayMs === undefined ? {} : { delayMs };
}

function sendError(reply: Reply, error: TwirpError): void {
  reply.send(error.httpStatus, error.toJson());
}
