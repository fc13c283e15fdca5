/** HTTP status of each Twirp code. See twitchtv/twirp, `errors.go`: ServerHTTPStatusFromErrorCode. */
const HTTP_STATUS = {
  canceled: 408,
  unknown: 500,
  invalid_argument: 400,
  malformed: 400,
  deadline_exceeded: 408,
  not_found: 404,
  bad_route: 404,
  already_exists: 409,
  permission_denied: 403,
  unauthenticated: 401,
  resource_exhausted: 429,
  failed_precondition: 412,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
} as const;

export type TwirpCode = keyof typeof HTTP_STATUS;

/** Since 1.8.4 livekit-server adds this prefix to all errors of its internal RPC. */
const INTERNAL_PREFIX = 'twirp error unknown: ';

/** A refusal of LiveKit, as the client receives it. */
export class TwirpError extends Error {
  readonly code: TwirpCode;
  readonly meta: Readonly<Record<string, string>> | undefined;

  constructor(code: TwirpCode, message: string, meta?: Readonly<Record<string, string>>) {
    super(message);
    this.name = 'TwirpError';
    this.code = code;
    this.meta = meta;
  }

  get httpStatus(): number {
    return HTTP_STATUS[this.code];
  }

  toJson(): string {
    return JSON.stringify({ code: this.code, msg: this.message, ...(this.meta && { meta: this.meta }) });
  }
}

/** An error of LiveKit's internal RPC: same code, message with the server's prefix. */
export function internalError(code: TwirpCode, message: string): TwirpError {
  return new TwirpError(code, INTERNAL_PREFIX + message);
}

/** The same error as sent by a server before 1.8.4. */
export function withoutPrefix({ code, message, meta }: TwirpError): TwirpError {
  return new TwirpError(code, message.startsWith(INTERNAL_PREFIX) ? message.slice(INTERNAL_PREFIX.length) : message, meta);
}

/** The code that LiveKit would most likely send with an HTTP status. */
export function codeOfStatus(status: number): TwirpCode {
  const preferred: Readonly<Record<number, TwirpCode>> = {
    400: 'invalid_argument',
    404: 'not_found',
    408: 'deadline_exceeded',
    409: 'already_exists',
    500: 'internal',
  };
  const known = Object.entries(HTTP_STATUS).find(([, candidate]) => candidate === status)?.[0];
  return preferred[status] ?? (known as TwirpCode | undefined) ?? 'unknown';
}
