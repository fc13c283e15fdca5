import { z } from 'zod';
import type { SimulatorClock } from '../clock.js';
import { presentRoom } from './control-presenter.js';
import type { EgressStore } from '../egress/egress-store.js';
import type { Reply } from '../wire/reply.js';
import type { Rooms } from '../rooms/rooms.js';
import type { ScriptRequest } from '../scripts/script.js';
import type { ScriptBook } from '../scripts/script-book.js';
import { UnknownScriptError } from '../scripts/scripts.js';
import type { WebhookSender } from '../webhooks/webhook-sender.js';

interface Dependencies {
  clock: SimulatorClock;
  rooms: Rooms;
  scripts: ScriptBook;
  store: EgressStore;
  sender: WebhookSender;
  setScript(request: ScriptRequest, room?: string): void;
}

const joining = z.strictObject({ identity: z.string().min(1), name: z.string().optional(), publish: z.boolean().default(true) });
const clockChange = z.strictObject({ speed: z.number().positive() });
/** A script request as the control interface accepts it. */
export const scriptRequest = z.strictObject({
  name: z.string(),
  delayMs: z.number().nonnegative().optional(),
  times: z.int().positive().optional(),
  method: z.string().optional(),
  event: z.string().optional(),
  status: z.union([z.number(), z.string()]).optional(),
});

interface Call {
  /** The path's variable parts, decoded. */
  parts: string[];
  body: string;
}

interface Route {
  method: string;
  pattern: RegExp;
  run(call: Call): unknown;
}

/** An error that a control call answers with 4xx. */
class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The simulator's own interface below `/simulator/`: it moves participants, sets faults, and shows the true course of egresses. */
export function createControlRoutes({ clock, rooms, scripts, store, sender, setScript }: Dependencies) {
  const putScript = ({ parts: [room], body }: Call): unknown => {
    const request = definedOnly(parse(scriptRequest, body));
    setScript(request, room);
    return { name: request.name, ...(room !== undefined && { room }) };
  };
  const resetScript = ({ parts: [room] }: Call): unknown => {
    scripts.reset(room);
    return {};
  };

  const routes: Route[] = [
    {
      method: 'POST',
      pattern: /^\/simulator\/rooms\/([^/]+)\/participants$/,
      run: ({ parts: [room = ''], body }) => rooms.join(room, definedOnly(parse(joining, body))).toJson(),
    },
    {
      method: 'DELETE',
      pattern: /^\/simulator\/rooms\/([^/]+)\/participants\/([^/]+)$/,
      run: ({ parts: [room = '', identity = ''] }) => {
        if (!rooms.leave(room, identity)) throw new ControlError(404, `no participant "${identity}" in room "${room}"`);
        return {};
      },
    },
    { method: 'PUT', pattern: /^\/simulator\/script$/, run: putScript },
    { method: 'DELETE', pattern: /^\/simulator\/script$/, run: resetScript },
    { method: 'PUT', pattern: /^\/simulator\/rooms\/([^/]+)\/script$/, run: putScript },
    { method: 'DELETE', pattern: /^\/simulator\/rooms\/([^/]+)\/script$/, run: resetScript },
    {
      method: 'PUT',
      pattern: /^\/simulator\/clock$/,
      run: ({ body }) => {
        const { speed } = parse(clockChange, body);
        clock.setSpeed(speed);
        return { speed };
      },
    },
    { method: 'GET', pattern: /^\/simulator\/egresses$/, run: () => store.truths() },
    { method: 'GET', pattern: /^\/simulator\/webhooks$/, run: () => sender.log() },
    { method: 'GET', pattern: /^\/simulator\/rooms$/, run: () => rooms.all().map(presentRoom) },
  ];

  return (method: string, path: string, body: string, reply: Reply): void => {
    try {
      const known = routes.filter(({ pattern }) => pattern.test(path));
      const route = known.find((candidate) => candidate.method === method);
      if (!route) throw new ControlError(known.length > 0 ? 405 : 404, `no such control call: ${method} ${path}`);
      const parts = (route.pattern.exec(path) ?? []).slice(1).map(decodeURIComponent);
      reply.send(200, JSON.stringify(route.run({ parts, body })));
    } catch (error) {
      const status =
        error instanceof ControlError
          ? error.status
          : error instanceof UnknownScriptError || error instanceof URIError
            ? 400
            : 500;
      reply.send(status, JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
    }
  };
}

function parse<T>(schema: z.ZodType<T>, body: string): T {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ControlError(400, 'the body is not JSON');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ControlError(400, z.prettifyError(parsed.error));
  return parsed.data;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** @returns a copy without the members that are undefined */
function definedOnly<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
